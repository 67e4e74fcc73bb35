import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import { AccessPoint } from './access-point.ts'
import { NOW_MS } from './testbed.fixture.ts'

const made = (records = memoryRecordStore()) => new AccessPoint({ records, clock: new ManualClock(NOW_MS) })
const ALL = ['0.0.0.0/0', '::/0']

describe('the access point', () => {
  it('admits everybody who has an address, until it is told otherwise', () => {
    const point = made()
    for (const address of ['127.0.0.1', '8.8.8.8', '::1', '::ffff:10.0.0.1', 'fe80::1%eth0'])
      assert.ok(point.admits(address), address)
    assert.ok(!point.admits(undefined))
    assert.ok(!point.admits('somebody'))
  })

  it('admits those of its ranges only', async () => {
    const point = made()
    await point.revoke(ALL)
    assert.ok(!point.admits('10.1.2.3'))
    await point.allow(['10.1.0.0/16', '192.168.7.9', '2001:db8::/32', '10.1.0.0/16'])
    for (const [address, admitted] of [
      ['10.1.255.255', true],
      ['::ffff:10.1.0.0', true],
      ['10.2.0.0', false],
      ['192.168.7.9', true],
      ['192.168.7.8', false],
      ['2001:db8:1::', true],
      ['2001:db9::', false],
    ] as const)
      assert.equal(point.admits(address), admitted, address)
    await point.revoke(['10.1.0.0/16', '1.1.1.1'])
    assert.ok(!point.admits('10.1.0.0'))
    const allowed = ['192.168.7.9', '2001:db8::/32'].map((cidr) => ({ cidr, createdMs: NOW_MS }))
    assert.deepEqual(point.state, { enabled: true, allowed })
  })

  it('admits nobody while it is closed, also to the next that opens the records', async () => {
    const records = memoryRecordStore()
    const point = made(records)
    await point.open(false)
    assert.ok(!point.admits('127.0.0.1'))
    const next = made(records)
    await next.load()
    assert.ok(!next.admits('127.0.0.1'))
    await next.open(true)
    assert.ok(next.admits('127.0.0.1'))
  })

  it('takes no range that is none, and no more than a hundred, and changes nothing then', async () => {
    const point = made()
    for (const cidr of [
      '',
      '10.0.0',
      '10.0.0.0/33',
      '10.0.0.0/',
      '::/129',
      '10.0.0.0/8/8',
      'fe80::1%1',
      '10.0.0.0/-1',
    ])
      await assert.rejects(point.allow(['10.0.0.1', cidr]), { code: 'InvalidArgument' }, cidr)
    const many = Array.from({ length: 99 }, (_, index) => `10.0.0.${index}`)
    await assert.rejects(point.allow(many), { code: 'InvalidArgument' })
    assert.deepEqual(
      point.state.allowed.map(({ cidr }) => cidr),
      ALL,
    )
    await point.allow(many.slice(1))
  })
})
