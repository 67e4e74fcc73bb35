import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { seeded } from './chance.ts'
import { gridOf } from './grid.ts'

interface Point {
  x: number
  y: number
}

/** All distances, sorted. */
const sorted = (points: ReadonlyMap<number, Point>, { x, y }: Point, count: number): number[] =>
  [...points]
    .map(([slot, point]) => ({ slot, far: (point.x - x) ** 2 + (point.y - y) ** 2 }))
    .sort((a, b) => a.far - b.far || a.slot - b.slot)
    .slice(0, count)
    .map(({ slot }) => slot)

describe('the index of riders', () => {
  it('finds the nearest ones exactly, wherever they went, also past where the cells repeat', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(300, 5000, 60_000, 500_000),
        fc.constantFrom(50, 400),
        (seed, widthMetres, cellMetres) => {
          const random = seeded(seed)
          const somewhere = (): Point => ({
            x: (random() - 0.5) * widthMetres,
            y: (random() - 0.5) * widthMetres,
          })
          const grid = gridOf(cellMetres)
          const points = new Map<number, Point>()
          for (let step = 0; step < 1500; step++) {
            const slot = Math.floor(random() * 600)
            if (random() < 0.2) {
              grid.remove(slot)
              points.delete(slot)
            } else {
              const point = somewhere()
              grid.put(slot, point.x, point.y)
              points.set(slot, point)
            }
          }
          assert.equal(grid.size, points.size)
          for (let question = 0; question < 10; question++) {
            const from = somewhere()
            const count = 1 + Math.floor(random() * 20)
            assert.deepEqual([...grid.nearest(from.x, from.y, count)], sorted(points, from, count))
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('answers all there are where more are asked for, and nobody where there is nobody', () => {
    const grid = gridOf(100)
    assert.equal(grid.nearest(0, 0, 10).length, 0)
    grid.put(5, 0, 0)
    grid.put(3, 0, 0)
    grid.put(900, 50, 0)
    assert.deepEqual([...grid.nearest(0, 0, 10)], [3, 5, 900])
    grid.remove(5)
    grid.remove(5)
    grid.remove(12_345)
    assert.equal(grid.has(5), false)
    assert.deepEqual([...grid.nearest(0, 0, 10)], [3, 900])
  })
})
