import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import type { RecordStore } from '../../ports/records.ts'
import { alphanumericsOf } from './alphanumerics.ts'
import { identity } from './identity.ts'

const NOW_MS = Date.parse('2026-01-01T00:00:00Z')
const accountId = '1234567890123456'
const upload = { to: 'putObjects', bucket: 'fc-code', objectPrefix: '1/tmp/' } as const

async function opened(records: RecordStore = memoryRecordStore()) {
  const clock = new ManualClock(NOW_MS)
  return {
    records,
    clock,
    identity: await identity({ records, clock, accountId, unknownRolesUnrestricted: true }),
  }
}

describe('the root credentials', () => {
  it('are made at the first start, random and in the form of the vendor', async () => {
    const [a, b] = await Promise.all([opened(), opened()])
    assert.match(a.identity.root.accessKeyId, /^LTAI[A-Za-z0-9]{20}$/)
    assert.match(a.identity.root.accessKeySecret, /^[A-Za-z0-9]{30}$/)
    assert.notDeepEqual(a.identity.root, b.identity.root)
  })

  it('stay what they are at the next start', async () => {
    const first = await opened()
    const second = await opened(first.records)
    assert.deepEqual(second.identity.root, first.identity.root)
  })

  it('are the same for all who start at once', async () => {
    const records = memoryRecordStore()
    const all = await Promise.all(Array.from({ length: 5 }, () => opened(records)))
    for (const one of all) assert.deepEqual(one.identity.root, all[0]!.identity.root)
  })

  it('may do everything, and come without a token', async () => {
    const { identity } = await opened()
    const { accessKeyId, accessKeySecret } = identity.root
    assert.deepEqual(identity.secretOf(accessKeyId, undefined), {
      is: 'known',
      accountId,
      accessKeySecret,
      allows: { to: 'everything' },
      principal: { is: 'account' },
    })
    assert.deepEqual(identity.secretOf(accessKeyId, 'token'), { is: 'invalidToken' })
    assert.deepEqual(identity.secretOf('LTAIother', undefined), { is: 'unknownAccessKey' })
  })
})

describe('temporary credentials', () => {
  it('say what they allow, until they end', async () => {
    const { identity, clock } = await opened()
    const roleArn = 'acs:ram::1:role/r'
    for (const { allows, principal } of [
      { allows: upload, principal: {} },
      {
        allows: { to: 'actAsRole', roleArn },
        principal: { principal: { is: 'unknownRole', roleArn, sessionName: 'session' } },
      },
    ] as const) {
      const issued = identity.issue({ allows, durationMs: 1000 })
      assert.match(issued.accessKeyId, /^STS\.[A-Za-z0-9]{25}$/)
      assert.equal(issued.expiresAtMs, clock.now() + 1000)
      const { accessKeyId, accessKeySecret, securityToken } = issued
      clock.advance(999)
      assert.deepEqual(identity.secretOf(accessKeyId, securityToken), {
        is: 'known',
        accountId,
        accessKeySecret,
        allows,
        ...principal,
      })
      clock.advance(1)
      assert.deepEqual(identity.secretOf(accessKeyId, securityToken), { is: 'expiredToken' })
    }
  })

  it('are good after a restart, and with another identity they are not', async () => {
    const first = await opened()
    const { accessKeyId, accessKeySecret, securityToken } = first.identity.issue({
      allows: upload,
      durationMs: 1000,
    })
    const again = (await opened(first.records)).identity.secretOf(accessKeyId, securityToken)
    assert.deepEqual(again, { is: 'known', accountId, accessKeySecret, allows: upload })
    const other = (await opened()).identity.secretOf(accessKeyId, securityToken)
    assert.deepEqual(other, { is: 'invalidToken' })
  })

  it('are not kept: issuing writes no record', async () => {
    const { identity, records } = await opened()
    const before = await records.list({ prefix: '', limit: 100 })
    identity.issue({ allows: upload, durationMs: 1000 })
    assert.deepEqual(await records.list({ prefix: '', limit: 100 }), before)
  })

  it('are nothing without their token, with that of others, or with one that is no token', async () => {
    const { identity } = await opened()
    const a = identity.issue({ allows: upload, durationMs: 1000 })
    const b = identity.issue({ allows: upload, durationMs: 1000 })
    assert.notEqual(a.accessKeySecret, b.accessKeySecret)
    assert.deepEqual(identity.secretOf(a.accessKeyId, undefined), { is: 'unknownAccessKey' })
    for (const token of [
      b.securityToken,
      '',
      'CAIS',
      'CAISAAAA',
      'x'.repeat(100_000),
      `${a.securityToken}=`,
    ]) {
      assert.deepEqual(identity.secretOf(a.accessKeyId, token), { is: 'invalidToken' })
    }
  })

  it('are refused with any character of their token changed', async () => {
    const { identity } = await opened()
    const { accessKeyId, securityToken } = identity.issue({ allows: upload, durationMs: 1000 })
    fc.assert(
      fc.property(fc.nat(securityToken.length - 1), fc.constantFrom(...'ABCxyz019+/='), (at, character) => {
        fc.pre(securityToken[at] !== character)
        const forged = securityToken.slice(0, at) + character + securityToken.slice(at + 1)
        assert.deepEqual(identity.secretOf(accessKeyId, forged), { is: 'invalidToken' })
      }),
    )
  })

  it('are still read when more were seen than are remembered', async () => {
    const { identity } = await opened()
    const issued = Array.from({ length: 1100 }, () => identity.issue({ allows: upload, durationMs: 1000 }))
    for (const { accessKeyId, securityToken } of [...issued, ...issued]) {
      assert.equal(identity.secretOf(accessKeyId, securityToken).is, 'known')
    }
  })
})

describe('a secret of another part of the platform', () => {
  it('is its own for every purpose, and the same after a restart', async () => {
    const first = await opened()
    const again = await opened(first.records)
    assert.deepEqual(first.identity.deriveSecret('a'), again.identity.deriveSecret('a'))
    assert.notDeepEqual(first.identity.deriveSecret('a'), first.identity.deriveSecret('b'))
  })
})

describe('random characters', () => {
  it('are as likely as each other', () => {
    const all = alphanumericsOf(Uint8Array.from({ length: 256 }, (_, byte) => byte))
    const counts = Map.groupBy(all, (character) => character)
    assert.equal(counts.size, 62)
    assert.deepEqual(new Set([...counts.values()].map(({ length }) => length)), new Set([4]))
  })
})
