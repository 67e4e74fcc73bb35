import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { memoryRecordStore } from '../drivers/memory/records.ts'
import { ManualClock } from '../lib/clock.ts'
import type { IdSource } from '../lib/ids.ts'
import { silentLogger } from '../lib/logger.ts'
import type {
  EventInvocation,
  FunctionRevision,
  HttpInvocation,
  HttpOutcome,
  InvocationOutcome,
  Invoker,
} from '../ports/invocation.ts'
import { type RecordStore, VersionConflict } from '../ports/records.ts'
import { type AsyncPolicy, asyncInvocations, TaskInFlight } from './async-invocations.ts'

const report = { instanceId: 'c', durationMs: 1, billedMs: 1, maxMemoryMb: 1, coldStart: false }
const succeeded: InvocationOutcome = { outcome: 'succeeded', body: Buffer.from('done'), report }
const failed: InvocationOutcome = {
  outcome: 'unhandledError',
  because: 'handler',
  body: Buffer.from('{"errorMessage":"no"}'),
  report,
}
const throttled: InvocationOutcome = { outcome: 'throttled', message: 'busy' }

/** A queue with an invoker whose calls are ended by hand. */
class Office {
  readonly clock = new ManualClock(1_700_000_000_000)
  readonly calls: { event: string; invocation: EventInvocation; end(outcome: InvocationOutcome): void }[] = []
  readonly requests: { invocation: HttpInvocation; end(outcome: HttpOutcome): void }[] = []
  readonly missing = new Set<string>()
  runtime = 'nodejs20'
  policy: AsyncPolicy = { retriesMax: 2, eventAgeMaxMs: 86_400_000 }
  readonly records: RecordStore
  readonly queue: ReturnType<typeof asyncInvocations>
  #requests = 0

  constructor(records = memoryRecordStore()) {
    this.records = records
    let counted = 0
    const ids: IdSource = {
      requestId: () => `1-destination-${counted++}`,
      instanceId: () => 'c',
      uuid: () => 'u',
    }
    this.queue = asyncInvocations({
      records,
      clock: this.clock,
      ids,
      log: silentLogger,
      invoker: {
        invoke: (invocation: EventInvocation) =>
          new Promise((end) => {
            this.calls.push({ event: Buffer.from(invocation.event).toString(), invocation, end })
          }),
        forward: (invocation: HttpInvocation) =>
          new Promise((end) => {
            this.requests.push({ invocation, end })
          }),
      } as unknown as Invoker,
      resolve: async (_account, functionName) =>
        this.missing.has(functionName)
          ? undefined
          : ({
              functionName,
              functionArn: `acs:fc:r:1:functions/${functionName}`,
              runtime: this.runtime,
              timeoutMs: 3000,
            } as FunctionRevision),
      policyOf: async () => this.policy,
    })
  }

  async accept(event: string, fields: object = {}): Promise<void> {
    await this.queue.accept({
      accountId: '1',
      functionName: 'f',
      qualifier: 'LATEST',
      requestId: `r${this.#requests++}`,
      event: Buffer.from(event),
      ...fields,
    })
    await turn()
  }

  /** Ends the call with this number, and lets what follows happen. */
  async end(number: number, outcome: InvocationOutcome): Promise<void> {
    this.calls[number]!.end(outcome)
    await turn()
  }

  async after(ms: number): Promise<void> {
    this.clock.advance(ms)
    await turn()
  }

  async kept(): Promise<number> {
    return (await this.records.list({ prefix: 'async/', limit: 1000 })).length
  }
}

async function turn(): Promise<void> {
  for (let count = 0; count < 5; count++) await new Promise((done) => setImmediate(done))
}

test('what is written alongside is written with the event, or neither is', async () => {
  const { queue, records, calls } = new Office()
  const event = { accountId: '1', functionName: 'f', qualifier: 'LATEST', event: Buffer.from('e') }
  await queue.accept({ ...event, requestId: 'a' }, [{ put: 'tick', value: 1, expect: 'absent' }])
  await assert.rejects(
    queue.accept({ ...event, requestId: 'b' }, [{ put: 'tick', value: 2, expect: 'absent' }]),
    VersionConflict,
  )
  await turn()
  assert.equal((await records.get('tick'))?.value, 1)
  assert.deepEqual(
    calls.map(({ invocation }) => invocation.requestId),
    ['a'],
  )
})

test('an accepted event is kept until its call has succeeded', async () => {
  const office = new Office()
  await office.accept('one')
  assert.deepEqual([await office.kept(), office.queue.depth()], [1, 1])
  assert.equal(office.calls[0]!.event, 'one')
  await office.end(0, succeeded)
  assert.deepEqual([await office.kept(), office.queue.depth()], [0, 0])
})

test('what an earlier platform had accepted and not finished is called by the next one', async () => {
  const first = new Office()
  await first.accept('one')
  await first.accept('two')
  const second = new Office(first.records)
  await second.queue.start()
  await turn()
  assert.deepEqual(second.calls.map(({ event }) => event).sort(), ['one', 'two'])
})

test('an event that comes in while the earlier ones are read is called once', async () => {
  const office = new Office()
  await Promise.all([office.accept('one'), office.accept('two'), office.queue.start()])
  await turn()
  assert.deepEqual([office.calls.length, office.queue.depth()], [2, 2])
})

test('more events than are read at once are all taken up', async () => {
  const first = new Office()
  for (let index = 0; index < 1201; index++)
    await first.queue.accept({
      accountId: '1',
      functionName: `f${index % 7}`,
      qualifier: 'LATEST',
      requestId: `r${index}`,
      event: Buffer.from(`${index}`),
    })
  const second = new Office(first.records)
  await second.queue.start()
  assert.equal(second.queue.depth(), 1201)
})

test('a function that fails is called again, later each time, as often as its policy says', async () => {
  const office = new Office()
  await office.accept('one')
  await office.end(0, failed)
  await office.after(999)
  assert.equal(office.calls.length, 1)
  await office.after(1)
  assert.equal(office.calls[1]!.invocation.retryCount, 1)
  await office.end(1, failed)
  await office.after(2000)
  await office.end(2, failed)
  assert.deepEqual([office.calls.length, await office.kept()], [3, 0])
})

test('the wait of a failed event goes on after a restart where it was', async () => {
  const first = new Office()
  await first.accept('one')
  await first.end(0, failed)
  const second = new Office(first.records)
  await second.queue.start()
  await turn()
  assert.equal(second.calls.length, 0)
  await second.after(1000)
  assert.equal(second.calls[0]!.invocation.retryCount, 1)
})

test('what the platform could not do is tried again without end, and does not count against the function', async () => {
  const office = new Office()
  await office.accept('one')
  for (let attempt = 0; attempt < 10; attempt++) {
    await office.end(attempt, throttled)
    await office.after(500 * 2 ** attempt)
    assert.equal(office.calls[attempt + 1]!.invocation.retryCount, 0)
  }
})

test('an event that is too old, or whose function is gone, is given up', async () => {
  const office = new Office()
  await office.accept('one')
  await office.end(0, failed)
  office.policy = { retriesMax: 2, eventAgeMaxMs: 500 }
  await office.after(1000)
  assert.deepEqual([office.calls.length, await office.kept()], [1, 0])
  office.missing.add('gone')
  await office.accept('two', { functionName: 'gone' })
  assert.deepEqual([office.calls.length, await office.kept()], [1, 0])
})

test('a second event with the id of one that is not finished is refused, and taken in afterwards', async () => {
  const office = new Office()
  await office.accept('one', { taskId: 't' })
  await assert.rejects(office.accept('two', { taskId: 't' }), TaskInFlight)
  assert.equal(office.queue.depth(), 1)
  await office.end(0, succeeded)
  await office.accept('three', { taskId: 't' })
  assert.equal(office.calls[1]!.event, 'three')
})

test('one function has 32 calls at once; the others are not held up by it', async () => {
  const office = new Office()
  for (let index = 0; index < 40; index++) await office.accept(`${index}`)
  assert.equal(office.calls.length, 32)
  await office.accept('other', { functionName: 'g' })
  assert.equal(office.calls[32]!.event, 'other')
  await office.end(0, succeeded)
  assert.equal(office.calls[33]!.event, '32')
})

test('outcomes go to their destinations, with what they came from', async () => {
  const office = new Office()
  office.policy = {
    retriesMax: 0,
    eventAgeMaxMs: 86_400_000,
    onSuccess: 'acs:fc:r:1:functions/good',
    onFailure: 'acs:fc:r:1:functions/bad',
  }
  await office.accept('one')
  await office.end(0, succeeded)
  await office.accept('two')
  assert.equal(office.calls[1]!.invocation.revision.functionName, 'good')
  const sent = JSON.parse(office.calls[1]!.event)
  assert.deepEqual([sent.requestPayload, sent.responsePayload], ['one', 'done'])
  await office.end(2, failed)
  assert.equal(office.calls[3]!.invocation.revision.functionName, 'bad')
  assert.equal(JSON.parse(office.calls[3]!.event).requestPayload, 'two')
})

test('a store that fails for a while loses no event', async () => {
  const records = memoryRecordStore()
  let broken = false
  const flaky: RecordStore = {
    ...records,
    commit: (writes) => (broken ? Promise.reject(new Error('disk')) : records.commit(writes)),
  }
  const office = new Office(flaky)
  await office.accept('one')
  broken = true
  await office.end(0, succeeded)
  broken = false
  await office.after(4000)
  assert.equal(office.calls.length, 2)
  await office.end(1, succeeded)
  assert.deepEqual([await office.kept(), office.queue.depth()], [0, 0])
})

test('closing waits a moment, then leaves what is being called to the next platform, uncounted', async () => {
  const office = new Office()
  await office.accept('short')
  await office.accept('long')
  let closed = false
  const closing = office.queue.close().then(() => {
    closed = true
  })
  await office.end(0, succeeded)
  assert.equal(closed, false)
  await office.after(2000)
  await closing
  // Its instance is killed now.
  await office.end(1, failed)
  const [left] = await office.records.list<{ failures: number }>({ prefix: 'async/events/', limit: 10 })
  assert.equal(left!.value.failures, 0)
  await assert.rejects(office.accept('late'))
})

const request = { method: 'PUT', target: '/a?b=c', rawHeaders: ['X-Mine', 'y'], clientIp: '127.0.0.1' }

const responded = (
  body: Readable,
  fields: { rawHeaders?: string[]; durationMs?: number } = {},
): HttpOutcome => ({
  outcome: 'responded',
  status: 500,
  statusMessage: '',
  rawHeaders: fields.rawHeaders ?? [],
  body,
  instanceId: 'c',
  finished: Promise.resolve({ ...report, durationMs: fields.durationMs ?? 1 }),
})

test('a request for a custom runtime is kept whole, and passed on whole by the platform that comes next', async () => {
  const first = new Office()
  first.runtime = 'custom'
  await first.accept('the body', { request })
  const second = new Office(first.records)
  second.runtime = 'custom.debian12'
  await second.queue.start()
  await turn()
  const [{ invocation, end }] = second.requests as [(typeof second.requests)[0]]
  assert.deepEqual(invocation.request, request)
  assert.equal(await text(invocation.body), 'the body')
  // Whatever its status: a server that answers has not failed as a function.
  end(responded(Readable.from([Buffer.from('said')])))
  await turn()
  assert.deepEqual([second.requests.length, await second.kept(), second.queue.depth()], [1, 0, 0])
})

test('a request is tried again when its server says so, breaks off or is late, and its outcome goes on', async () => {
  const office = new Office()
  office.runtime = 'custom'
  office.policy = { retriesMax: 2, eventAgeMaxMs: 86_400_000, onFailure: 'acs:fc:r:1:functions/bad' }
  await office.accept('body', { request })
  office.requests[0]!.end(
    responded(Readable.from([Buffer.from('no')]), { rawHeaders: ['X-Fc-Status', '404'] }),
  )
  await turn()
  await office.after(1000)
  assert.equal(office.requests[1]!.invocation.retryCount, 1)
  const broken = new Readable({ read() {} })
  office.requests[1]!.end(responded(broken))
  broken.destroy()
  await turn()
  await office.after(2000)
  const late = new Readable({ read() {} })
  office.requests[2]!.end(responded(late, { durationMs: 3000 }))
  late.destroy()
  await turn()
  assert.equal(office.requests.length, 3)
  const sent = JSON.parse(office.calls[0]!.event)
  assert.equal(sent.requestPayload, 'body')
  assert.match(sent.responsePayload, /timed out after 3 seconds/)
})

test('of a long response 128 KB go to the destination, and the rest is read and dropped', async () => {
  const office = new Office()
  office.runtime = 'custom'
  office.policy = { retriesMax: 0, eventAgeMaxMs: 86_400_000, onSuccess: 'acs:fc:r:1:functions/good' }
  await office.accept('body', { request })
  const long = Readable.from(Array.from({ length: 40 }, () => Buffer.alloc(10_000, 'x')))
  office.requests[0]!.end(responded(long))
  for (let turns = 0; turns < 20; turns++) await turn()
  assert.equal(long.readableEnded, true)
  assert.equal(JSON.parse(office.calls[0]!.event).responsePayload.length, 128 * 1024)
})

test('a request whose function has a built-in runtime by now is given up', async () => {
  const office = new Office()
  await office.accept('body', { request })
  assert.deepEqual([office.requests.length, office.calls.length, await office.kept()], [0, 0, 0])
})
