import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { memoryRecordStore } from '../drivers/memory/records.ts'
import { ManualClock } from '../lib/clock.ts'
import { openCloudAuthority } from './cloud-authority.ts'

const dayMs = 86_400_000
const startMs = Date.parse('2026-11-01T00:00:00Z')
const needs = (clock = new ManualClock(startMs)) => ({ records: memoryRecordStore(), clock })

test('an authority is the same after a restart', async () => {
  const same = needs()
  const first = await openCloudAuthority(same)
  assert.equal((await openCloudAuthority(same)).certificate, first.certificate)
  assert.notEqual((await openCloudAuthority(needs())).certificate, first.certificate)
})

test('an authority that ends soon, or has not begun, is made anew with the key that others trust already', async () => {
  const clock = new ManualClock(startMs)
  const same = needs(clock)
  const keyOf = (pem: string) => new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'pem' })
  const first = await openCloudAuthority(same)
  for (const days of [3650 - 364, -3 * 3650]) {
    clock.jump(days * dayMs)
    const next = await openCloudAuthority(same)
    assert.notEqual(next.certificate, first.certificate)
    assert.equal(keyOf(next.certificate), keyOf(first.certificate))
    const { validFromDate, validToDate } = new X509Certificate(next.certificate)
    assert.ok(validFromDate.getTime() < clock.now() && clock.now() < validToDate.getTime())
  }
})

test('of two that start at once, both have the authority of the first', async () => {
  const same = needs()
  const [one, other] = await Promise.all([openCloudAuthority(same), openCloudAuthority(same)])
  assert.equal(one.certificate, other.certificate)
})

test('what a zone shows is made once, again after a month, and forgotten when many others are asked for', async () => {
  const clock = new ManualClock(startMs)
  const { contextOf } = await openCloudAuthority(needs(clock))
  const first = contextOf('oss-cn-hangzhou.aliyuncs.com')
  assert.equal(contextOf('oss-cn-hangzhou.aliyuncs.com'), first)
  clock.jump(31 * dayMs)
  const second = contextOf('oss-cn-hangzhou.aliyuncs.com')
  assert.notEqual(second, first)
  for (let region = 0; region < 255; region++) contextOf(`oss-${region}.aliyuncs.com`)
  assert.equal(contextOf('oss-cn-hangzhou.aliyuncs.com'), second)
  contextOf('sts.aliyuncs.com')
  assert.notEqual(contextOf('oss-cn-hangzhou.aliyuncs.com'), second)
})
