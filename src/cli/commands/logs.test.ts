import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../errors.ts'
import { run } from '../run.ts'
import { session } from '../testing/session.ts'
import { startOf } from './logs.ts'

const line = {
  time: '2026-01-01T00:00:00.000Z',
  requestId: '1-2-3',
  instanceId: 'c-1',
  message: 'hello\r  world\n',
}

test('lines are printed with time and request; --output json prints them as they come', async (t) => {
  const { platform, hanshu } = await session(t)
  platform.answer = (_request, response) => void response.end(`${JSON.stringify(line)}\n`) === undefined
  assert.equal((await hanshu(['logs', 'hello'])).output, '2026-01-01T00:00:00.000Z 1-2-3 hello\n    world\n')
  const { output } = await hanshu(['logs', 'hello', '--output', 'json'])
  assert.deepEqual(JSON.parse(output), line)
})

test('filters go to the platform, times as ISO', async (t) => {
  const { platform, hanshu } = await session(t)
  platform.answer = (_request, response) => void response.end() === undefined
  await hanshu(['logs', 'a b', '--since', '10m', '--tail', '5', '--request-id', 'r', '--instance-id', 'i'])
  const [request] = platform.received
  assert.equal(request?.path, '/hanshu/functions/a%20b/logs')
  assert.deepEqual(Object.fromEntries(request!.query), {
    since: '2025-12-31T23:50:00.000Z',
    limit: '5',
    requestId: 'r',
    instanceId: 'i',
  })
})

test('following prints lines when they come, until it is interrupted', async (t) => {
  const { platform, terminal } = await session(t)
  const own = terminal()
  platform.answer = ({ query }, response) => {
    assert.equal(query.get('follow'), 'true')
    response.write(`${JSON.stringify(line)}\n`)
    return true
  }
  const finished = run(['logs', 'hello', '--follow'], own)
  while (own.output() === '') await new Promise(setImmediate)
  own.interrupt.abort()
  assert.equal(await finished, 0)
})

test('a log that ends in the middle is a failure', async (t) => {
  const { platform, hanshu } = await session(t)
  platform.answer = (_request, response) => {
    response.write(`${JSON.stringify(line)}\n`, () => response.destroy())
    return true
  }
  assert.equal((await hanshu(['logs', 'hello'])).exitCode, 1)
})

test('a time is how long ago, or when; anything else is refused', () => {
  const nowMs = Date.parse('2026-01-02T00:00:00Z')
  assert.equal(startOf('90s', nowMs), '2026-01-01T23:58:30.000Z')
  assert.equal(startOf('1d', nowMs), '2026-01-01T00:00:00.000Z')
  assert.equal(startOf('2026-01-31T08:00:00+08:00', nowMs), '2026-01-31T00:00:00.000Z')
  for (const wrong of ['yesterday', '10', '5w', '2026-99-99'])
    assert.throws(() => startOf(wrong, nowMs), UsageError)
})
