import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eventStreamParser } from './event-stream.ts'

const STREAM =
  '\uFEFFretry: 2000\n\n: beat\n\nid: 7\nevent: order\ndata: {"a":\ndata: 1}\n\n' +
  'data:no space\r\n\r\nid\ndata\n\rdata: lost as it does not end'

const WHOLE = [
  { event: 'order', data: '{"a":\n1}', lastEventId: '7' },
  { event: 'message', data: 'no space', lastEventId: '7' },
  { event: 'message', data: '', lastEventId: '' },
]

test('events are read as the standard says', () => {
  assert.deepEqual(eventStreamParser()(STREAM), WHOLE)
})

test('the pieces in which a stream comes make no difference', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: STREAM.length }), { maxLength: 12 }), (cuts) => {
      const parse = eventStreamParser()
      const ends = [...cuts.sort((a, b) => a - b), STREAM.length]
      const events = ends.flatMap((end, at) => parse(STREAM.slice(ends[at - 1] ?? 0, end)))
      assert.deepEqual(events, WHOLE)
    }),
  )
})

test('where a stream is taken up again, its last id goes on to hold', () => {
  const [event] = eventStreamParser('41')('data: x\n\n')
  assert.equal(event?.lastEventId, '41')
})

test('a line without an end is not kept for ever', () => {
  const parse = eventStreamParser()
  assert.throws(() => {
    for (let at = 0; at < 20; at++) parse('x'.repeat(100_000))
  }, /does not end/)
})
