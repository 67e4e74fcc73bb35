import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { folded } from '../records.ts'
import { pageOf } from './paging.ts'

const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,5}$/)
const names = fc.uniqueArray(name, { selector: folded, maxLength: 30 })

const page = (all: readonly string[], maxItems: number, marker?: string) =>
  pageOf(
    all,
    (one) => one,
    new Map([['MaxItems', String(maxItems)], ...(marker ? [['Marker', marker] as const] : [])]),
  )

describe('pages', () => {
  it('have what is there all the time exactly once, in order, whatever comes and goes between them', () => {
    fc.assert(
      fc.property(
        names,
        names,
        fc.integer({ min: 1, max: 7 }),
        fc.infiniteStream(fc.nat()),
        (stay, come, max, chance) => {
          const passing = come.filter((one) => !stay.some((other) => folded(other) === folded(one)))
          const seen: string[] = []
          let marker: string | undefined
          do {
            const there = [...stay, ...passing.filter(() => chance.next().value! % 2 === 0)]
            const { items, bounds } = page(there, max, marker)
            assert.ok(items.length <= max)
            assert.equal(bounds.IsTruncated, bounds.Marker !== undefined)
            seen.push(...items)
            marker = bounds.Marker
          } while (marker !== undefined)
          assert.deepEqual(
            seen.filter((one) => stay.includes(one)),
            [...stay].sort((one, other) => (folded(one) < folded(other) ? -1 : 1)),
          )
          assert.equal(new Set(seen).size, seen.length)
        },
      ),
    )
  })

  it('are refused for a marker or a number that cannot be', () => {
    const code = (wanted: string) => (error: unknown) => (error as { code: string }).code === wanted
    for (const marker of ['?', 'a', 'x'.repeat(2000)])
      assert.throws(() => page([], 1, marker), code('InvalidParameter.Marker'))
    for (const maxItems of [0, 1001, -1, 1.5, Number.NaN])
      assert.throws(() => page([], maxItems), code('InvalidParameter.MaxItems.Range'))
  })
})
