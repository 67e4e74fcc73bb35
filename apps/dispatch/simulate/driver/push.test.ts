import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eventsOf, type ServerSentEvent } from './push.ts'

async function* parts(text: string, cuts: readonly number[]): AsyncIterable<string> {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...places, text.length]) {
    if (to > from) yield text.slice(from, to)
    from = to
  }
}

async function read(text: string, cuts: readonly number[] = []): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = []
  for await (const event of eventsOf(parts(text, cuts))) events.push(event)
  return events
}

test('events are the same wherever the stream is cut, and whatever ends its lines', async () => {
  const lines = [
    ': hello',
    '',
    'id: 7',
    'event: order',
    'data: {"order":1}',
    '',
    'data:a',
    'data: b',
    '',
    'retry: 5',
    '',
    '',
  ]
  const expected = [
    { name: 'order', data: '{"order":1}', id: '7' },
    { name: 'message', data: 'a\nb', id: undefined },
  ]
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(200), { maxLength: 8 }),
      fc.constantFrom('\n', '\r\n'),
      async (cuts, end) => {
        assert.deepEqual(await read(lines.join(end), cuts), expected)
      },
    ),
  )
})

test('an event that has not ended is none', async () => {
  assert.deepEqual(await read('data: a'), [])
})

test('an event without end is refused', async () => {
  await assert.rejects(read(`data: ${'x'.repeat(300_000)}`))
})
