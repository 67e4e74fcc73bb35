import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { PlainCell, PlainRow } from './cell.ts'
import { MalformedPlainBuffer, readPlainRow, readPlainRows } from './read.ts'
import { bytesValue, infMax, infMin, integerValue, valueType } from './value.ts'
import { writePlainRows } from './write.ts'

const text = (value: string) => bytesValue('string', Buffer.from(value))
function double(value: number): Uint8Array {
  const bytes = Buffer.alloc(9)
  bytes[0] = valueType.double
  bytes.writeDoubleLE(value, 1)
  return bytes
}
const yes = Uint8Array.of(valueType.boolean, 1)
const auto = Uint8Array.of(valueType.autoIncrement)
const gid: PlainCell = { name: 'gid', value: integerValue(1n) }
const row = (primaryKey: PlainCell[], attributes: PlainCell[] = [], deletesRow = false): PlainRow => ({
  primaryKey,
  attributes,
  deletesRow,
})

const update =
  '750000000103040300000067696405090000000001000000000000000a2a020304010000007305060000000301000000790a20' +
  '0304010000006406010aa60304010000006e050900000000080000000000000006040a5b09d9'

/** Made by the vendor's SDK for Node.js. */
const vectors: [string, string, PlainRow][] = [
  [
    'a key of two columns',
    '750000000103040300000067696405090000000001000000000000000a2a03040300000075696405060000000301000000750af50991',
    row([gid, { name: 'uid', value: text('u') }]),
  ],
  [
    'the ends of a range, with two bytes too many',
    '75000000010304030000006769640501000000090a5603040300000075696405010000000a0a14095a0000',
    row([
      { name: 'gid', value: infMin },
      { name: 'uid', value: infMax },
    ]),
  ],
  [
    'a text',
    '750000000103040300000067696405090000000001000000000000000a2a020304010000007305060000000301000000780a270901',
    row([gid], [{ name: 's', value: text('x') }]),
  ],
  [
    'values of the other types',
    '750000000103040300000067696405090000000001000000000000000a2a0203040100' +
      '00006e0509000000002a000000000000000a8b03040100000064050900000001000000000000f83f0aba' +
      '03040100000062050200000002010a3e0304010000007a05060000000701000000010ade09ab',
    row(
      [gid],
      [
        { name: 'n', value: integerValue(42n) },
        { name: 'd', value: double(1.5) },
        { name: 'b', value: yes },
        { name: 'z', value: bytesValue('binary', Uint8Array.of(1)) },
      ],
    ),
  ],
  [
    'a timestamp',
    '750000000103040300000067696405090000000001000000000000000a2a0203040100000073050600000003010000007807e8030000000000000ae409d3',
    row([gid], [{ name: 's', value: text('x'), timestampMs: 1000n }]),
  ],
  [
    'a column that the table numbers',
    '750000000103040300000067696405090000000001000000000000000a2a030402000000696405010000000b0a6f020304010000007305060000000301000000780a27091500',
    row([gid, { name: 'id', value: auto }], [{ name: 's', value: text('x') }]),
  ],
  [
    'an update that puts, deletes and increments',
    update,
    row(
      [gid],
      [
        { name: 's', value: text('y') },
        { name: 'd', op: 'deleteAllVersions' },
        { name: 'n', value: integerValue(8n), op: 'increment' },
      ],
    ),
  ],
  [
    'a row to delete',
    '750000000103040300000067696405090000000001000000000000000a2a08092b',
    row([gid], [], true),
  ],
]
describe('PlainBuffer', () => {
  for (const [what, hex, expected] of vectors) {
    it(`reads and writes ${what} as the SDK does`, () => {
      assert.deepEqual(plain(readPlainRow(Buffer.from(hex, 'hex'))), plain(expected))
      // What the SDK writes too much is not written.
      assert.equal(
        writePlainRows([expected]).toString('hex'),
        hex.slice(0, 2 * writePlainRows([expected]).length),
      )
    })
  }

  it('is nothing for no rows', () => {
    assert.equal(writePlainRows([]).length, 0)
  })

  it('keeps the place in a stream out of the checksum', () => {
    const placed = { ...row([gid], [], true), sequence: { epoch: 1, timestampUs: 2n, rowIndex: 3 } }
    const written = writePlainRows([placed])
    assert.equal(written.at(-1), 0x2b)
    assert.deepEqual(plain(readPlainRow(written)), plain(row([gid], [], true)))
  })

  it('reads what it wrote', () => {
    fc.assert(
      fc.property(anyRow, (given) => {
        assert.deepEqual(plain(readPlainRow(writePlainRows([given]))), plain(given))
      }),
    )
  })

  it('refuses rows with any one byte changed, and rows that are cut off', () => {
    const good = Buffer.from(update, 'hex')
    for (let at = 0; at < good.length; at++) {
      const cut = good.subarray(0, at)
      assert.throws(() => readPlainRow(cut), MalformedPlainBuffer, `cut at ${at}`)
    }
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bad = Buffer.from(good)
        bad[at]! ^= change
        assert.throws(() => readPlainRow(bad), MalformedPlainBuffer)
      }),
      { numRuns: 500 },
    )
  })

  it('refuses any bytes that are not a row, in no other way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const given = Buffer.concat([Buffer.from('7500000001', 'hex'), bytes])
        try {
          readPlainRow(given)
        } catch (error) {
          assert.ok(error instanceof MalformedPlainBuffer, String(error))
        }
      }),
    )
  })
})

const cell = fc.record(
  {
    name: fc.string({ minLength: 1, maxLength: 10, unit: 'binary' }),
    value: fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(integerValue),
      fc.string({ maxLength: 10, unit: 'binary' }).map(text),
      fc.double().map(double),
    ),
    op: fc.constantFrom<PlainCell['op']>('increment', 'deleteAllVersions', 'deleteOneVersion'),
    timestampMs: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  },
  { requiredKeys: ['name'] },
)
const anyRow: fc.Arbitrary<PlainRow> = fc.record({
  primaryKey: fc.array(cell, { minLength: 1, maxLength: 4 }),
  attributes: fc.array(cell, { maxLength: 4 }),
  deletesRow: fc.boolean(),
})

/** For comparison: bytes as text, absent as absent. */
function plain({ primaryKey, attributes, deletesRow }: PlainRow): unknown {
  const cells = (all: readonly PlainCell[]) =>
    all.map(({ name, value, op, timestampMs }) => [
      name,
      value && Buffer.from(value).toString('hex'),
      op,
      timestampMs,
    ])
  return [cells(primaryKey), cells(attributes), deletesRow]
}

it('reads several rows as they were written, and refuses what is behind them', () => {
  const rows = vectors.map(([, , one]) => one).filter(({ deletesRow }) => !deletesRow)
  const written = writePlainRows(rows)
  assert.deepEqual(writePlainRows(readPlainRows(written)), written)
  assert.deepEqual(readPlainRows(new Uint8Array()), [])
  assert.throws(() => readPlainRows(Buffer.concat([written, Uint8Array.of(0)])), MalformedPlainBuffer)
})
