import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eventHeaders, forwardedHeaders } from './request-headers.ts'

const token = fc.stringMatching(/^[a-zA-Z0-9_]{1,8}(-[a-zA-Z0-9_]{1,8}){0,2}$/)
const value = fc.stringMatching(/^[\x21-\x7e]{0,20}$/)
const dropped =
  /^(connection|keep-alive|proxy-connection|proxy-authenticate|proxy-authorization|te|trailer|transfer-encoding|upgrade|http2-settings|expect|x-fc-.*)$/i

test('event headers have canonical names and every value, joined by commas in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(token, value)), (pairs) => {
      const expected = new Map<string, string>()
      for (const [name, text] of pairs) {
        if (dropped.test(name)) continue
        const canonical = name
          .split('-')
          .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase())
          .join('-')
        const before = expected.get(canonical)
        expected.set(canonical, before === undefined ? text : `${before},${text}`)
      }
      const headers = eventHeaders(pairs.flat(), undefined)
      assert.deepEqual(new Map(Object.entries(headers)), expected)
    }),
  )
})

test('neither form has headers of the connection, of the platform, or those that Connection names', () => {
  const raw = [
    ['Host', 'h'],
    ['Connection', 'close, X-Private'],
    ['x-private', '1'],
    ['Keep-Alive', 'timeout=5'],
    ['X-Fc-Access-Key-Id', 'stolen'],
    ['TE', 'trailers'],
    ['Expect', '100-continue'],
    ['content-LENGTH', '3'],
    ['cookie', 'a=1'],
    ['Cookie', 'b=2'],
  ].flat()
  assert.deepEqual(
    { ...eventHeaders(raw, 'close, X-Private') },
    {
      Host: 'h',
      'Content-Length': '3',
      Cookie: 'a=1,b=2',
    },
  )
  assert.deepEqual(forwardedHeaders(raw, 'close, X-Private', false), [
    'Host',
    'h',
    'content-LENGTH',
    '3',
    'cookie',
    'a=1',
    'Cookie',
    'b=2',
  ])
})

test('how a chunked body is framed is told to the instance', () => {
  assert.deepEqual(forwardedHeaders(['A', '1', 'Transfer-Encoding', 'chunked'], undefined, true), [
    'A',
    '1',
    'Transfer-Encoding',
    'chunked',
  ])
})

test('UTF-8 in a value becomes text in an event and stays bytes when forwarded', () => {
  const bytes = Buffer.from('张三').toString('latin1')
  assert.deepEqual({ ...eventHeaders(['x-name', bytes], undefined) }, { 'X-Name': '张三' })
  assert.deepEqual(forwardedHeaders(['x-name', bytes], undefined, false), ['x-name', bytes])
})
