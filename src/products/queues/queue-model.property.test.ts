/** Random operations on a queue answer as a plain list would, also after the records were opened anew. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { sqliteRecordStore } from '../../drivers/embedded/records.ts'
import { temporaryFolder } from '../../drivers/embedded/temporary-folder.fixture.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { ReceivedMessage } from './message.ts'
import { advance, bodiesOf, message, NOW_MS, never, queuesOn } from './testbed.fixture.ts'

const RETENTION_MS = 60_000

interface Modelled {
  body: string
  priority: number
  order: number
  enqueuedMs: number
  visibleMs: number
  dequeueCount: number
  handle: string | undefined
}

/** The queue as a list: what there is, and what is to be answered. */
function model() {
  let messages: Modelled[] = []
  let order = 0
  const visible = (nowMs: number): Modelled[] =>
    messages
      .filter(({ visibleMs, enqueuedMs }) => visibleMs <= nowMs && enqueuedMs + RETENTION_MS > nowMs)
      .sort((a, b) => a.priority - b.priority || a.order - b.order)
  const held = (handle: string, nowMs: number) =>
    messages.find((known) => known.handle === handle && known.visibleMs > nowMs)
  return {
    visible,
    held,
    send(body: string, priority: number, delayMs: number, nowMs: number): Modelled {
      const sent = {
        body,
        priority,
        order: order++,
        enqueuedMs: nowMs,
        visibleMs: nowMs + delayMs,
        dequeueCount: 0,
        handle: undefined,
      }
      messages.push(sent)
      return sent
    },
    remove(gone: Modelled) {
      messages = messages.filter((known) => known !== gone)
    },
    /** Undefined where something expired, which is counted until it is found. */
    counts(nowMs: number) {
      if (messages.some(({ enqueuedMs }) => enqueuedMs + RETENTION_MS <= nowMs)) return undefined
      const later = messages.filter(({ visibleMs }) => visibleMs > nowMs)
      const delayed = later.filter(({ dequeueCount }) => dequeueCount === 0).length
      return { active: messages.length - later.length, inactive: later.length - delayed, delayed }
    },
  }
}

const operation = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      messages: fc.array(
        fc.record({ priority: fc.integer({ min: 1, max: 3 }), delaySeconds: fc.constantFrom(0, 0, 0, 1, 7) }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('receive' as const),
      limits: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('peek' as const), limit: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('delete' as const),
      handles: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      handle: fc.nat(),
      seconds: fc.constantFrom(1, 5, 30),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 999, 1000, 5000, 10_000, 30_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('count' as const) }) },
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

async function check(operations: readonly Operation[], open: () => Promise<RecordStore>): Promise<void> {
  const clock = new ManualClock(NOW_MS)
  let bed = queuesOn({ records: await open(), clock })
  await bed.create('q', { visibilityTimeout: 10, messageRetentionPeriod: RETENTION_MS / 1000 })
  const expected = model()
  const handles: string[] = ['000001767225600000-0123456789ABCDEF0123456789ABCDEF-00000000']
  const handleAt = (index: number): string => handles[index % handles.length]!

  for (const step of operations) {
    const nowMs = clock.now()
    switch (step.do) {
      case 'send': {
        const wanted = step.messages.map(({ priority, delaySeconds }) =>
          expected.send(`m${handles.length}`, priority, delaySeconds * 1000, nowMs),
        )
        const sent = await bed.queues.use('q', (queue) =>
          queue.send(
            wanted.map(({ body, priority, visibleMs }) =>
              message(body, { priority, delayMs: visibleMs - nowMs }),
            ),
          ),
        )
        sent.forEach(({ handle }, index) => {
          if (handle === undefined) return
          wanted[index]!.handle = handle
          handles.push(handle)
        })
        break
      }
      case 'receive': {
        const got: ReceivedMessage[][] = await Promise.all(
          step.limits.map((limit) =>
            bed.queues.use('q', (queue) => queue.receive({ limit, waitMs: 0, signal: never })),
          ),
        )
        const visible = expected.visible(nowMs)
        for (const [index, limit] of step.limits.entries()) {
          const due = visible.splice(0, limit)
          assert.deepEqual(bodiesOf(got[index]!), bodiesOf(due))
          due.forEach((known, at) => {
            const { receipt, dequeueCount, priority, enqueuedMs } = got[index]![at]!
            known.visibleMs = nowMs + 10_000
            known.dequeueCount++
            known.handle = receipt!.handle
            handles.push(receipt!.handle)
            assert.deepEqual(
              [dequeueCount, priority, enqueuedMs, receipt!.nextVisibleMs],
              [known.dequeueCount, known.priority, known.enqueuedMs, known.visibleMs],
            )
          })
        }
        break
      }
      case 'peek': {
        const peeked = await bed.queues.use('q', (queue) => queue.peek(step.limit))
        assert.deepEqual(bodiesOf(peeked), bodiesOf(expected.visible(nowMs).slice(0, step.limit)))
        break
      }
      case 'delete': {
        const chosen = [...new Set(step.handles.map(handleAt))]
        const refused = await bed.queues.use('q', (queue) => queue.delete(chosen))
        const held = chosen.map((handle) => expected.held(handle, nowMs))
        assert.deepEqual(
          [...refused.keys()],
          chosen.filter((_, index) => held[index] === undefined),
        )
        for (const gone of held) if (gone) expected.remove(gone)
        break
      }
      case 'change': {
        const handle = handleAt(step.handle)
        const held = expected.held(handle, nowMs)
        const change = bed.queues.use('q', (queue) => queue.changeVisibility(handle, step.seconds * 1000))
        if (held && held.dequeueCount > 0) {
          const changed = await change
          held.visibleMs = nowMs + step.seconds * 1000
          held.handle = changed.handle
          handles.push(changed.handle)
          assert.equal(changed.nextVisibleMs, held.visibleMs)
        } else
          await assert.rejects(change, {
            code: handle === handles[0] ? 'ReceiptHandleError' : 'MessageNotExist',
          })
        break
      }
      case 'wait':
        await advance(clock, step.ms)
        break
      case 'reopen':
        // Ids of one millisecond are in order within one opening of the records.
        await advance(clock, 1)
        bed = queuesOn({ records: await open(), clock })
        break
      case 'count': {
        const counted = await bed.queues.use('q', (queue) => queue.counts())
        const counts = expected.counts(nowMs)
        if (counts) assert.deepEqual(counted, counts)
      }
    }
  }
}

it('as a list does, in memory', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40, size: 'max' }), async (operations) => {
      const records = memoryRecordStore()
      await check(operations, async () => records)
    }),
    { numRuns: 100 },
  )
})

it('as a list does, on disk', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: 20, maxLength: 40, size: 'max' }),
      async (operations) => {
        const folder = await temporaryFolder()
        const file = folder.newPath('records.db')
        let records: RecordStore | undefined
        try {
          await check(operations, async () => {
            await records?.close()
            records = await sqliteRecordStore({ file })
            return records
          })
        } finally {
          await records?.close()
          await folder.remove()
        }
      },
    ),
    { numRuns: 3 },
  )
})
