import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiAt } from './client.ts'
import type { Order } from './contract.ts'
import { type FeedState, openFeed } from './feed.ts'

/** Time that goes on when it is told to. */
function timers() {
  const waiting: { atMs: number; then: () => void }[] = []
  let nowMs = 0
  return {
    after(ms: number, then: () => void) {
      const one = { atMs: nowMs + ms, then }
      waiting.push(one)
      return () => {
        const at = waiting.indexOf(one)
        if (at !== -1) waiting.splice(at, 1)
      }
    },
    async pass(ms: number) {
      const untilMs = nowMs + ms
      await settled()
      for (;;) {
        const next = waiting.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
        if (!next) break
        waiting.splice(waiting.indexOf(next), 1)
        nowMs = next.atMs
        next.then()
        await settled()
      }
      nowMs = untilMs
    },
    waiting: () => waiting.length,
  }
}

/** Everything that waits for nothing but other promises has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done))
}

/** Statuses that the server answers with; 0: it does not answer. */
function world(server = { push: 200, polls: 200 }) {
  const clock = timers()
  const asked: { path: string; lastEventId: string | null }[] = []
  const streams: ReadableStreamDefaultController<Uint8Array>[] = []
  const seen = {
    orders: [] as Order[],
    lists: 0,
    states: [] as FeedState[],
    refused: 0,
    failures: [] as string[],
  }
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const path = String(url).replace('http://city/', '')
    asked.push({ path, lastEventId: new Headers(init?.headers).get('last-event-id') })
    if (!path.startsWith('push')) {
      if (server.polls === 0) throw new TypeError('offline')
      return new Response(server.polls === 200 ? '{"orders":[]}' : '{}', { status: server.polls })
    }
    if (server.push === 0) throw new TypeError('offline')
    if (server.push !== 200) return new Response('{}', { status: server.push })
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        streams.push(controller)
        init?.signal?.addEventListener('abort', () => controller.error(new Error('aborted')))
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
  }
  const api = apiAt({ fetch, base: 'http://city/', token: () => 't', nowMs: () => 0 })
  const feed = openFeed(
    api,
    { fetch, after: clock.after },
    {
      onOrders: (orders) => seen.orders.push(...orders),
      onOpenOrders: () => {
        seen.lists += 1
      },
      onState: (state) => seen.states.push(state),
      onFailure: ({ code }) => seen.failures.push(code),
      onRefused: () => {
        seen.refused += 1
      },
    },
  )
  const send = (text: string) => streams.at(-1)!.enqueue(new TextEncoder().encode(text))
  const pushes = () => asked.filter(({ path }) => path.startsWith('push'))
  return { clock, asked, streams, seen, server, feed, send, pushes }
}

const event = (id: number) => `id: ${id}\nevent: order\ndata: {"order":{"orderId":"o-${id}","version":1}}\n\n`

test('what is pushed is told, and lists are looked through now and then', async () => {
  const { clock, seen, feed, send } = world()
  await clock.pass(0)
  send(event(1))
  await clock.pass(0)
  assert.deepEqual(
    seen.orders.map(({ orderId }) => orderId),
    ['o-1'],
  )
  assert.deepEqual(seen.states, ['live'])
  const before = seen.lists
  await clock.pass(30_000)
  assert.equal(seen.lists, before + 1)
  feed.close()
})

test('a stream that ends is taken up where it was, without a word', async () => {
  const { clock, seen, feed, send, streams, pushes } = world()
  await clock.pass(0)
  send(event(7))
  await clock.pass(0)
  streams.at(-1)!.close()
  await clock.pass(1_000)
  assert.equal(pushes().length, 2)
  assert.equal(pushes()[1]?.lastEventId, '7')
  assert.deepEqual(seen.states, ['live'])
  feed.close()
})

test('where nothing is pushed, the page asks every three seconds, and tries the stream less and less often', async () => {
  const { clock, seen, server, feed, pushes } = world({ push: 503, polls: 200 })
  await clock.pass(0)
  assert.deepEqual(seen.states, ['polling'])
  const before = seen.lists
  await clock.pass(60_000)
  assert.ok(seen.lists - before >= 19, `${seen.lists - before} lists in a minute`)
  assert.ok(pushes().length <= 8, `${pushes().length} streams in a minute`)
  server.push = 200
  await clock.pass(30_000)
  assert.equal(seen.states.at(-1), 'live')
  feed.close()
})

test('without any answer the page is offline, and goes on by itself', async () => {
  const { clock, seen, server, feed } = world({ push: 0, polls: 0 })
  await clock.pass(0)
  assert.equal(seen.states.at(-1), 'offline')
  assert.deepEqual(seen.failures.slice(0, 1), ['Unreachable'])
  server.polls = 200
  await clock.pass(3_000)
  assert.equal(seen.states.at(-1), 'polling')
  feed.close()
})

test('a server that does not do what it is asked is not a line that is cut', async () => {
  const { clock, seen, feed } = world({ push: 503, polls: 503 })
  await clock.pass(0)
  assert.deepEqual(seen.states, ['polling'])
  assert.equal(seen.failures[0], 'TryAgain')
  feed.close()
})

test('a stream that says nothing for a minute is taken up again', async () => {
  const { clock, feed, pushes } = world()
  await clock.pass(0)
  await clock.pass(62_000)
  assert.equal(pushes().length, 2)
  feed.close()
})

test('when too much happened to be told, the list is asked for', async () => {
  const { clock, seen, feed, send } = world()
  await clock.pass(0)
  const before = seen.lists
  send('event: reset\ndata: {}\n\n')
  await clock.pass(0)
  assert.equal(seen.lists, before + 1)
  feed.close()
})

test('a token that is refused ends the feed', async () => {
  const { clock, seen } = world({ push: 200, polls: 401 })
  await clock.pass(0)
  assert.equal(seen.refused, 1)
  assert.equal(clock.waiting(), 0)
})

test('once closed, nothing is asked and nothing waits', async () => {
  const { clock, asked, feed } = world()
  await clock.pass(0)
  feed.close()
  await clock.pass(0)
  assert.equal(clock.waiting(), 0)
  const before = asked.length
  await clock.pass(120_000)
  assert.equal(asked.length, before)
})
