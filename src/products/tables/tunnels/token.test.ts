import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bytesValue, type EncodedValue, integerValue } from '../../../lib/plain-buffer/value.ts'
import { ApiError } from '../../../wire/api-error.ts'
import { encodeKey } from '../key.ts'
import { token, tokenContent } from '../messages/tunnels.ts'
import type { TableRecord } from '../table.ts'
import { baseToken, placeInBase, placeInStream, streamToken } from './token.ts'

const column = (name: string, type: 'integer' | 'string') => ({ name, type, autoIncrement: false })
const table = { primaryKey: [column('a', 'string'), column('b', 'integer')] } as TableRecord
const key = fc
  .tuple(fc.string({ maxLength: 300 }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
  .map(([a, b]): EncodedValue[] => [bytesValue('string', Buffer.from(a)), integerValue(b)])

describe('a token', () => {
  it('says where a channel goes on', () => {
    fc.assert(
      fc.property(key, (values) => {
        const next = encodeKey(values)
        assert.deepEqual(placeInBase(baseToken(next, table), table), next)
      }),
    )
    assert.deepEqual(placeInBase(baseToken(undefined, table), table), Uint8Array.of(0))
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 9 }),
        fc.bigInt({ min: 0n, max: 2n ** 62n }),
        (from, timeNs) => {
          const place = placeInStream(streamToken({ id: 't_1' }, from, timeNs), 't_1')
          assert.deepEqual([...place.from], [...from])
          assert.equal(place.timeNs, timeNs)
        },
      ),
    )
  })

  it('is refused, and nothing else, whatever is in it', () => {
    const content = fc
      .record(
        {
          primary_key: fc.uint8Array({ maxLength: 60 }),
          iterator: fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('t_1/', 't_2/00', 't_1/zz')),
        },
        { requiredKeys: [] },
      )
      .map((given) => tokenContent.encode(given))
    const text = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.base64String({ maxLength: 60 }),
      fc
        .record({
          version: fc.constantFrom(0n, 1n, 2n, 3n),
          content: fc.oneof(content, fc.uint8Array({ maxLength: 40 })),
        })
        .map((given) => token.encode(given).toString('base64')),
    )
    const isRefusal = (error: unknown): boolean => error instanceof ApiError && error.status === 400
    fc.assert(
      fc.property(text, (given) => {
        for (const read of [() => placeInBase(given, table), () => placeInStream(given, 't_1')]) {
          try {
            read()
          } catch (error) {
            assert.ok(isRefusal(error), String(error))
          }
        }
      }),
      { numRuns: 500 },
    )
    assert.throws(() => placeInStream(streamToken({ id: 't_2' }, undefined, undefined), 't_1'), isRefusal)
    assert.throws(() => placeInStream(baseToken(undefined, table), 't_1'), isRefusal)
    assert.throws(() => placeInBase(streamToken({ id: 't_1' }, undefined, undefined), table), isRefusal)
  })
})
