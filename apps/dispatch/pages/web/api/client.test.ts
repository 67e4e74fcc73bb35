import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ApiFailure, apiAt } from './client.ts'

interface Asked {
  url: string
  init: RequestInit
}

const NOW_MS = Date.parse('2026-03-01T12:00:00Z')

function apiThat(answer: () => Response) {
  const asked: Asked[] = []
  const api = apiAt({
    fetch: async (url, init = {}) => {
      asked.push({ url: String(url), init })
      return answer()
    },
    base: 'http://city/proxy/group-1/',
    token: () => 'abc',
    nowMs: () => NOW_MS,
  })
  return { api, asked }
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers })

const failureOf = (answer: () => Response): Promise<ApiFailure> =>
  apiThat(answer)
    .api.get('orders')
    .then(
      () => assert.fail('it was answered'),
      (error) => error,
    )

test('calls go below the folder of the page, with the token', async () => {
  const { api, asked } = apiThat(() => json(201, { order: 1 }))
  assert.deepEqual(await api.post('orders', { a: 1 }, { 'idempotency-key': 'k' }), { order: 1 })
  const [{ url, init } = assert.fail()] = asked
  assert.equal(url, 'http://city/proxy/group-1/orders')
  assert.equal(init.body, '{"a":1}')
  assert.deepEqual(init.headers, {
    'content-type': 'application/json',
    'idempotency-key': 'k',
    authorization: 'Bearer abc',
  })
})

test('a refusal has the code and the words of its answer', async () => {
  const failure = await failureOf(() => json(409, { code: 'StateConflict', message: 'too late' }))
  assert.deepEqual([failure.code, failure.status, failure.message], ['StateConflict', 409, 'too late'])
})

test('a gateway that refuses in its own words is understood by its status', async () => {
  const limited = await failureOf(
    () => new Response('busy', { status: 429, headers: { 'x-ca-error-message': 'Throttled by USER' } }),
  )
  assert.deepEqual([limited.code, limited.message], ['TooManyRequests', 'Throttled by USER'])
  const gone = await failureOf(() => new Response('<html>', { status: 504 }))
  assert.equal(gone.code, 'Unreachable')
})

test('a token that the gateway does not accept is none, though it says 403', async () => {
  const failure = await failureOf(
    () => new Response('', { status: 403, headers: { 'x-ca-error-code': 'A403JT' } }),
  )
  assert.deepEqual([failure.code, failure.status], ['Unauthorized', 401])
  const forbidden = await failureOf(() => json(403, { code: 'Forbidden', message: 'no' }))
  assert.deepEqual([forbidden.code, forbidden.status], ['Forbidden', 403])
})

test('an answer that is not JSON is no answer, though its status says so', async () => {
  assert.equal((await failureOf(() => new Response('<html>', { status: 200 }))).code, 'Unexpected')
})

test('where no answer comes, that is said', async () => {
  const failure = await failureOf(() => {
    throw new TypeError('network')
  })
  assert.deepEqual([failure.code, failure.status], ['Unreachable', 0])
})

test('the server’s clock counts where it differs by more than an answer takes', async () => {
  for (const [date, aheadMs] of [
    ['Sun, 01 Mar 2026 12:05:00 GMT', 300_000],
    ['Sun, 01 Mar 2026 11:59:58 GMT', 0],
    ['nonsense', 0],
  ] as const) {
    const { api } = apiThat(() => json(200, {}, { date }))
    await api.get('shops')
    assert.equal(api.clockAheadMs(), aheadMs, date)
  }
})
