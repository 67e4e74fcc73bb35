import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import type { RecordStore } from '../../ports/records.ts'
import { createAccessKey, deleteAccessKey } from './changes/access-keys.ts'
import { putUser } from './changes/users.ts'
import { identity } from './identity.ts'
import { lastUseKey } from './records.ts'

const accountId = '1234567890123456'

async function opened(records: RecordStore, clock: ManualClock) {
  const opened = await identity({ records, clock, accountId })
  return {
    ...opened,
    use(accessKeyId: string) {
      const answer = opened.secretOf(accessKeyId, undefined)
      assert.ok(answer.is === 'known' && answer.principal)
      opened.mayDo(answer.principal, { action: 'fc:ListFunctions', resource: '*' })
    },
  }
}

describe('the last use of a key', () => {
  it('is known to the second, and to the hour after a restart; of a key that was never used there is none', async () => {
    const records = memoryRecordStore()
    const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'))
    const first = await opened(records, clock)
    await putUser(first.directory, 'ann', [])
    const { accessKeyId } = await createAccessKey(first.directory, 'ann')
    assert.equal(await first.lastUses.of(accessKeyId), '')
    first.use(accessKeyId)
    await clock.advance(1800_000)
    first.use(accessKeyId)
    assert.equal(await first.lastUses.of(accessKeyId), '2026-01-01T00:30:00Z')
    const again = await opened(records, clock)
    assert.equal(await again.lastUses.of(accessKeyId), '2026-01-01T00:00:00Z')
    await clock.advance(1800_000)
    first.use(accessKeyId)
    assert.equal(await again.lastUses.of(accessKeyId), '2026-01-01T01:00:00Z')
  })

  it('is nowhere any more when the key is gone, and is not counted for a question that nobody asked', async () => {
    const records = memoryRecordStore()
    const clock = new ManualClock(0)
    const { directory, lastUses, secretOf, use } = await opened(records, clock)
    await putUser(directory, 'ann', [])
    const { accessKeyId } = await createAccessKey(directory, 'ann')
    // Who only knows the id, and has a wrong signature, gets no further than this.
    secretOf(accessKeyId, undefined)
    assert.equal(await lastUses.of(accessKeyId), '')
    use(accessKeyId)
    assert.ok(await records.get(lastUseKey(accessKeyId)))
    await deleteAccessKey(directory, accessKeyId)
    assert.equal(await records.get(lastUseKey(accessKeyId)), undefined)
  })
})
