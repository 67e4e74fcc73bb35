import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EncodedValue } from '../../../lib/plain-buffer/value.ts'
import { bytesValue, integerValue } from '../../../lib/plain-buffer/value.ts'
import { dateOfNumber, dateOfText, zoneMs } from './dates.ts'
import { documentOf, pointOf, WRITTEN } from './document.ts'
import type { SearchField } from './schema.ts'

const field = (name: string, type: SearchField['type'], more: Partial<SearchField> = {}): SearchField => ({
  name,
  type,
  isArray: false,
  isIndexed: true,
  isSortable: true,
  isStored: true,
  ...more,
})
const text = (value: string): EncodedValue => bytesValue('string', Buffer.from(value))

function contentOf(fields: SearchField[], columns: Record<string, EncodedValue>) {
  const row = {
    writtenMs: 5,
    columns: Object.entries(columns)
      .sort()
      .map(([name, value]) => ({
        name,
        versions: [{ timestampMs: 7, value }],
      })),
  }
  const { fields: found, children } = documentOf(
    fields,
    Buffer.from('k'),
    [{ name: 'id', value: integerValue(1n) }],
    row,
  )
  return {
    found: Object.fromEntries(
      found.filter(({ name }) => name !== WRITTEN).map(({ name, ...rest }) => [name, rest]),
    ),
    children,
  }
}

describe('the document of a row', () => {
  it('has key columns and attributes that are of the type of their field', () => {
    const fields = [
      field('id', 'long'),
      field('a', 'long'),
      field('k', 'keyword'),
      field('none', 'long'),
      field('d', 'double'),
    ]
    const { found } = contentOf(fields, { a: text('1'), k: text('x'), d: integerValue(2n) })
    assert.deepEqual(found, { id: { values: [1n] }, k: { values: ['x'] }, d: { values: [2] } })
  })

  it('has the values of arrays, the children of nested ones, and the columns of virtual ones', () => {
    const fields = [
      field('n', 'long', { isArray: true }),
      field('o', 'nested', {
        fields: [field('x', 'keyword'), field('deep', 'nested', { fields: [field('y', 'long')] })],
      }),
      field('v', 'keyword', { source: 'k' }),
    ]
    const { found, children } = contentOf(fields, {
      n: text('[1, 9007199254740993, "x", null]'),
      o: text('[{"x":"a","deep":[{"y":1}]}, 3, {"x":4}]'),
      k: text('v'),
    })
    assert.deepEqual(found, { n: { values: [1n, 9007199254740993n] }, v: { values: ['v'] } })
    assert.deepEqual(children, [
      {
        path: 'o',
        fields: [{ name: 'o.x', values: ['a'] }],
        children: [{ path: 'o.deep', fields: [{ name: 'o.deep.y', values: [1n] }], children: [] }],
      },
      { path: 'o', fields: [], children: [] },
    ])
  })

  it('has nothing of what is broken', () => {
    const fields = [
      field('n', 'long', { isArray: true }),
      field('p', 'geoPoint'),
      field('o', 'nested'),
      field('k', 'keyword'),
    ]
    const { found, children } = contentOf(fields, {
      n: text('[1'),
      p: text('91,0'),
      o: text('"x"'),
      k: text('x'.repeat(4097)),
    })
    assert.deepEqual([found, children], [{}, []])
  })
})

describe('values of fields', () => {
  it('are points', () => {
    assert.deepEqual(pointOf(' -1.5, 180 '), { latitude: -1.5, longitude: 180 })
    for (const wrong of ['', '1', '1,2,3', '90.1,0', '0,181', 'a,b', '1e1,2'])
      assert.equal(pointOf(wrong), undefined, wrong)
  })

  it('are dates: numbers by their digits, texts by their formats', () => {
    const second = Date.parse('2026-01-02T03:04:05Z')
    assert.equal(dateOfNumber(BigInt(second / 1000)), second)
    assert.equal(dateOfNumber(BigInt(second)), second)
    assert.equal(dateOfNumber(BigInt(second) * 1000n + 500n), second + 0.5)
    assert.equal(dateOfNumber(BigInt(second) * 1_000_000n), second)
    assert.equal(dateOfText('2026-01-02 03:04:05'), second)
    assert.equal(dateOfText('2026-01-02T11:04:05.250+08:00'), second + 250)
    assert.equal(dateOfText('02/01/2026', ['yyyy.MM.dd', 'dd/MM/yyyy']), Date.parse('2026-01-02'))
    assert.equal(dateOfText('2026T01', ["yyyy'T'MM"]), Date.parse('2026-01-01'))
    for (const wrong of ['2026-02-30', '2026-01-01 24:00:00', 'x', ''])
      assert.equal(dateOfText(wrong), undefined, wrong)
    assert.equal(dateOfText('2026-2026', ['yyyy-yyyy']), undefined)
    assert.deepEqual([zoneMs('+08:00'), zoneMs('-0130'), zoneMs('x')], [28_800_000, -5_400_000, undefined])
  })
})
