import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { idsOf, jaegerSpanContext, traceContextOf, tracedBy } from './trace-context.ts'

const valid = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

test('a valid context is taken as it is, with what others had to say', () => {
  assert.deepEqual(traceContextOf(valid, 'congo=t61rcWkgMzE'), {
    traceparent: valid,
    tracestate: 'congo=t61rcWkgMzE',
  })
  assert.deepEqual(tracedBy({ traceparent: valid, tracestate: ['a=1', 'b=2'] }), {
    trace: { traceparent: valid, tracestate: 'a=1,b=2' },
  })
})

test('what is not valid is as if it were not there', () => {
  for (const wrong of [
    '',
    valid.toUpperCase(),
    valid.replace('00-', 'ff-'),
    `${valid}-extra`,
    `${valid}, ${valid}`,
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331',
  ])
    assert.equal(traceContextOf(wrong, 'a=1'), undefined, wrong)
  assert.deepEqual(tracedBy({ traceparent: undefined }), {})
})

test('a later version is read as the one we know; its additions are not passed on', () => {
  assert.deepEqual(traceContextOf(`cc${valid.slice(2)}-what-comes`, undefined), { traceparent: valid })
})

test('a tracestate that is too long, or is no text of a header, is dropped and the rest is not', () => {
  assert.deepEqual(traceContextOf(valid, `a=${'x'.repeat(511)}`), { traceparent: valid })
  assert.deepEqual(traceContextOf(valid, 'a=ü'), { traceparent: valid })
})

test('Jaeger writes the same ids', () => {
  assert.equal(
    jaegerSpanContext({ traceparent: valid }),
    '0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:1',
  )
})

test('whatever a client sends, what is taken has ids that are not zero', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f-]{50,60}$/)), (text) => {
      const context = traceContextOf(text, text)
      if (!context) return
      const ids = idsOf(context.traceparent)
      assert.ok(ids && /[1-9a-f]/.test(ids.traceId) && /[1-9a-f]/.test(ids.spanId))
    }),
  )
})
