import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryStreamStore } from '../../drivers/memory/streams.ts'
import { ManualClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import type { StreamStore } from '../../ports/streams.ts'
import type { AnsweredCall } from '../../wire/call-observer.ts'
import { lookUp } from './lookup.ts'
import { queryIn, tokenOf } from './query.ts'
import { openTrail } from './trail.ts'
import type { TrailEvent } from './trail-event.ts'

const place = { accountId: '1234567890123456', region: 'cn-hangzhou', rootAccessKeyId: 'LTAIroot' }
const NOW_MS = Date.parse('2026-01-01T00:00:00Z')

function call(operation: string, more: Partial<AnsweredCall> = {}): AnsweredCall {
  const message = new IncomingMessage(new Socket())
  return {
    product: 'functions',
    operation,
    requestId: 'r',
    principal: { is: 'user', userName: 'ann', userId: '2', accessKeyId: 'LTAIann' },
    message,
    status: 200,
    named: [],
    ...more,
  }
}

function opened(streams: StreamStore = memoryStreamStore(), keptMax?: { Write: number; Read: number }) {
  const clock = new ManualClock(NOW_MS)
  const trail = openTrail({ streams, clock, log: silentLogger, place, ...(keptMax ? { keptMax } : {}) })
  return { streams, clock, trail }
}

/** Page by page, as a client does. */
async function found(streams: StreamStore, nowMs: number, parameters: Record<string, string> = {}) {
  const events: TrailEvent[] = []
  let token: string | undefined
  do {
    const given = new Map(Object.entries({ ...parameters, ...(token ? { NextToken: token } : {}) }))
    const query = queryIn(given, nowMs)
    const page = await lookUp(streams, query)
    assert.ok(page.events.length <= query.limit)
    events.push(...page.events)
    token = page.next && tokenOf(page.next, query.direction)
  } while (token !== undefined)
  return events
}

describe('the trail', () => {
  it('says who did what, and nothing of bodies and secrets', async () => {
    const { streams, clock, trail } = opened()
    trail.observe(
      call('CreateAccessKey', {
        product: 'ram',
        version: '2015-05-01',
        errorCode: 'EntityNotExist.User',
        status: 404,
        named: [
          ['Password', 'hunter2'],
          ['UserName', 'bob'],
          ['Signature', 'abc'],
        ],
      }),
    )
    await trail.settled()
    const [event] = await found(streams, clock.now())
    assert.deepEqual(
      [event?.serviceName, event?.eventName, event?.eventRW, event?.errorCode, event?.resourceName],
      ['Ram', 'CreateAccessKey', 'Write', 'EntityNotExist.User', 'bob'],
    )
    assert.deepEqual(event?.userIdentity, {
      type: 'ram-user',
      accountId: place.accountId,
      principalId: '2',
      userName: 'ann',
      accessKeyId: 'LTAIann',
    })
    assert.doesNotMatch(JSON.stringify(event), /hunter2|abc/)
  })

  it('leaves out what moves data', async () => {
    const { streams, clock, trail } = opened()
    for (const [product, operation] of [
      ['objects', 'PutObject'],
      ['objects', 'PutBucketAcl'],
      ['tables', 'CommitTransaction'],
      ['tables', 'CreateTable'],
    ] as const) {
      trail.observe(call(operation, { product }))
    }
    await trail.settled()
    assert.deepEqual(
      (await found(streams, clock.now(), { Direction: 'FORWARD' })).map(({ eventName }) => eventName),
      ['PutBucketAcl', 'CreateTable'],
    )
  })

  it('is bounded, and no number of reads pushes out what was written', async () => {
    const { streams, clock, trail } = opened(undefined, { Write: 10, Read: 10 })
    trail.observe(call('CreateFunction'))
    for (let at = 0; at < 3000; at++) {
      trail.observe(call('GetFunction', { requestId: String(at) }))
      if (at % 500 === 0) await trail.settled()
    }
    await trail.settled()
    const events = await found(streams, clock.now(), { MaxResults: '50' })
    assert.ok(events.length <= 10 + 1000 + 1)
    assert.equal(events.filter(({ eventName }) => eventName === 'CreateFunction').length, 1)
    assert.equal(events.find(({ eventRW }) => eventRW === 'Read')?.requestId, '2999')
  })

  it('goes on when it could not be written', async () => {
    const working = memoryStreamStore()
    let broken = true
    const streams: StreamStore = {
      ...working,
      append: (...given) => (broken ? Promise.reject(new Error('no disk')) : working.append(...given)),
      read: (...given) => working.read(...given),
      stat: (...given) => working.stat(...given),
      trim: (...given) => working.trim(...given),
    }
    const { clock, trail } = opened(streams)
    trail.observe(call('CreateFunction'))
    await trail.settled()
    broken = false
    trail.observe(call('DeleteFunction'))
    await trail.settled()
    assert.deepEqual(
      (await found(streams, clock.now())).map(({ eventName }) => eventName),
      ['DeleteFunction'],
    )
  })

  it('finds page by page exactly what the conditions mean, in order, in both directions', async () => {
    const operation = fc.constantFrom('CreateFunction', 'GetFunction', 'ListFunctions', 'DeleteFunction')
    const userName = fc.constantFrom('ann', 'bob')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(operation, userName, fc.nat(2)), { maxLength: 60 }),
        fc.record({
          User: fc.option(userName, { nil: undefined }),
          EventRW: fc.option(fc.constantFrom('Read', 'Write'), { nil: undefined }),
        }),
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom('FORWARD', 'BACKWARD'),
        async (calls, conditions, max, direction) => {
          const { streams, clock, trail } = opened()
          for (const [at, [operation, userName, seconds]] of calls.entries()) {
            await clock.advance(seconds * 1000)
            const principal = { is: 'user', userName, userId: userName } as const
            trail.observe(call(operation, { principal, requestId: String(at) }))
          }
          await trail.settled()
          const parameters: Record<string, string> = { MaxResults: String(max), Direction: direction }
          const given = Object.entries(conditions).filter(([, value]) => value !== undefined)
          for (const [index, [key, value]] of given.entries()) {
            parameters[`LookupAttribute.${index + 1}.Key`] = key
            parameters[`LookupAttribute.${index + 1}.Value`] = value!
          }
          const events = await found(streams, clock.now(), parameters)
          const wanted = calls.flatMap(([operation, userName], at) => {
            const isRead = /^(Get|List)/.test(operation)
            const fits =
              (conditions.User ?? userName) === userName &&
              (conditions.EventRW ?? (isRead ? 'Read' : 'Write')) === (isRead ? 'Read' : 'Write')
            return fits ? [String(at)] : []
          })
          assert.deepEqual(events.map(({ requestId }) => requestId).sort(), [...wanted].sort())
          const times = events.map(({ eventTime }) => eventTime)
          const ordered = [...times].sort()
          assert.deepEqual(times, direction === 'FORWARD' ? ordered : ordered.reverse())
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('a query', () => {
  it('is refused when it is none', () => {
    for (const given of [
      { StartTime: '2026-01-01T00:00:00Z' },
      { StartTime: 'now', EndTime: 'now' },
      { StartTime: '2026-01-02T00:00:00Z', EndTime: '2026-01-01T00:00:00Z' },
      { Direction: 'SIDEWAYS' },
      { MaxResults: '51' },
      { MaxResults: 'x' },
      { NextToken: 'x' },
      { NextToken: tokenOf({ Write: 1, Read: 1 }, 'FORWARD') },
      { 'LookupAttribute.1.Key': 'UserName', 'LookupAttribute.1.Value': 'x' },
      { 'LookupAttribute.1.Key': 'constructor', 'LookupAttribute.1.Value': 'x' },
      { 'LookupAttribute.1.Key': 'User' },
    ]) {
      assert.throws(
        () => queryIn(new Map(Object.entries(given)), NOW_MS),
        (error) => (error as { code: string }).code === 'InvalidQueryParameter',
        JSON.stringify(given),
      )
    }
  })
})
