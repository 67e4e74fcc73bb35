import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { assign } from './jonker-volgenant.ts'

const matrix = (mostColumns: number) =>
  fc
    .integer({ min: 1, max: mostColumns })
    .chain((columns) => fc.tuple(fc.integer({ min: 1, max: columns }), fc.constant(columns)))
    .chain(([rows, columns]) =>
      fc.record({
        rows: fc.constant(rows),
        columns: fc.constant(columns),
        costs: fc.array(fc.oneof(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -1e6, max: 1e6 })), {
          minLength: rows * columns,
          maxLength: rows * columns,
        }),
      }),
    )

interface Matrix {
  rows: number
  columns: number
  costs: number[]
}

function costOf({ rows, columns, costs }: Matrix): number {
  const columnOf = assign(Float64Array.from(costs), rows, columns)
  assert.equal(columnOf.length, rows)
  assert.equal(new Set(columnOf).size, rows, 'no column is taken twice')
  return columnOf.reduce((sum, column, row) => {
    assert.ok(column >= 0 && column < columns)
    return sum + costs[row * columns + column]!
  }, 0)
}

/** Every way there is. */
function bruteForce({ rows, columns, costs }: Matrix, row = 0, taken = 0): number {
  if (row === rows) return 0
  let best = Number.POSITIVE_INFINITY
  for (let column = 0; column < columns; column++) {
    if (taken & (1 << column)) continue
    const cost =
      costs[row * columns + column]! + bruteForce({ rows, columns, costs }, row + 1, taken | (1 << column))
    best = Math.min(best, cost)
  }
  return best
}

/** The best way to give the first rows a set of columns, for each such set. */
function bySets({ rows, columns, costs }: Matrix): number {
  let best = new Map<number, number>([[0, 0]])
  for (let row = 0; row < rows; row++) {
    const next = new Map<number, number>()
    for (const [taken, cost] of best) {
      for (let column = 0; column < columns; column++) {
        const bit = 1 << column
        if (taken & bit) continue
        const sum = cost + costs[row * columns + column]!
        if (sum < (next.get(taken | bit) ?? Number.POSITIVE_INFINITY)) next.set(taken | bit, sum)
      }
    }
    best = next
  }
  return Math.min(...best.values())
}

describe('assign', () => {
  it('is as cheap as the best of all ways', () => {
    fc.assert(fc.property(matrix(6), (m) => assert.equal(costOf(m), bruteForce(m))))
  })

  it('is as cheap as a search over sets of columns', () => {
    fc.assert(
      fc.property(matrix(11), (m) => assert.equal(costOf(m), bySets(m))),
      { numRuns: 60 },
    )
  })

  it('refuses more rows than columns, and costs that are not finite', () => {
    assert.throws(() => assign(new Float64Array(6), 3, 2), /more rows than columns/)
    assert.throws(() => assign(Float64Array.of(Number.POSITIVE_INFINITY, Number.NaN), 1, 2), /not finite/)
    assert.equal(assign(new Float64Array(0), 0, 0).length, 0)
  })
})
