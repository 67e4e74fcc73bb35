import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  bool,
  bytes,
  double,
  float,
  int32,
  int64,
  MalformedProtobuf,
  message,
  oneOf,
  optional,
  repeated,
  required,
  sint64,
  string,
} from './protobuf.ts'

const inner = message({ name: required(1, string) })
const outer = message({
  small: optional(1, int32),
  large: optional(2, int64),
  exact: optional(25, double),
  short: optional(26, float),
  zigzag: optional(3, sint64),
  yes: optional(4, bool),
  kind: optional(5, oneOf(1, 2)),
  texts: repeated(6, string),
  inner: optional(7, inner),
  all: repeated(200, inner),
  raw: optional(8, bytes),
})
const empty = { texts: [], all: [] }

describe('a protobuf message', () => {
  it('is written as the format says', () => {
    const hex = (value: Parameters<typeof outer.encode>[0]) => outer.encode(value).toString('hex')
    assert.equal(hex(empty), '')
    assert.equal(hex({ ...empty, small: 150 }), '089601')
    assert.equal(hex({ ...empty, small: -1 }), '08ffffffffffffffffff01')
    assert.equal(hex({ ...empty, zigzag: -2n }), '1803')
    assert.equal(hex({ ...empty, texts: ['testing', ''] }), '320774657374696e673200')
    assert.equal(hex({ ...empty, inner: { name: 'a' } }), '3a030a0161')
    assert.equal(hex({ ...empty, all: [{ name: 'a' }] }), 'c20c030a0161')
  })

  it('is read as it was written', () => {
    const int64s = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    const name = fc.record({ name: fc.string({ unit: 'binary' }) }, { noNullPrototype: true })
    const value = fc.record(
      {
        exact: fc.double({ noNaN: true }),
        short: fc.float({ noNaN: true }),
        small: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        large: int64s,
        zigzag: int64s,
        yes: fc.boolean(),
        kind: fc.constantFrom(1 as const, 2 as const),
        texts: fc.array(fc.string({ unit: 'binary' })),
        inner: name,
        all: fc.array(name),
      },
      { requiredKeys: ['texts', 'all'], noNullPrototype: true },
    )
    fc.assert(fc.property(value, (given) => assert.deepEqual(outer.decode(outer.encode(given)), given)))
  })

  it('skips fields that it does not know, of every wire type, and takes the last of one', () => {
    const unknown = '580159000000000000000062026162' + '6500000000'
    assert.deepEqual(outer.decode(Buffer.from(`${unknown}0801${unknown}0802`, 'hex')), { ...empty, small: 2 })
  })

  it('refuses what is cut off, of another type, not UTF-8, out of range, or without a required field', () => {
    for (const hex of [
      '08',
      '0a',
      '3205616263',
      '3201ff',
      '2803',
      '3a00',
      '080102',
      '0b',
      '08ffffffffffffffffffff01',
    ])
      assert.throws(() => outer.decode(Buffer.from(hex, 'hex')), MalformedProtobuf, hex)
    assert.throws(() => inner.encode({} as { name: string }), TypeError)
  })

  it('refuses any bytes in no other way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (given) => {
        try {
          outer.decode(given)
        } catch (error) {
          assert.ok(error instanceof MalformedProtobuf, String(error))
        }
      }),
    )
  })
})
