import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { markMain } from './main-part.ts'
import { MAIN } from './road-graph.ts'
import { LARGE_CITY, syntheticCity } from './synthetic-city.ts'
import { turnsOf } from './turns.ts'

describe('a city that is made up', () => {
  it('is large, hangs together, and has restrictions', () => {
    const graph = syntheticCity(LARGE_CITY)
    const turns = turnsOf(graph)
    markMain(graph, turns)
    assert.equal(graph.nodeLng.length, 22_500)
    assert.ok(turns.nodeCount > 22_550)
    const main = graph.edgeFlags.filter((flags) => (flags & MAIN) !== 0).length
    assert.ok(main > 0.99 * graph.edgeFrom.length)
  })

  it('is the same for the same seed only', () => {
    const small = { ...LARGE_CITY, side: 10 }
    assert.deepEqual(syntheticCity(small), syntheticCity(small))
    assert.notDeepEqual(syntheticCity(small), syntheticCity({ ...small, seed: 1 }))
  })
})
