import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MapProvider } from '../map/providers/provider.ts'
import { withFallback } from '../map/providers/with-fallback.ts'
import { calibrated } from './calibration.ts'
import { straightWays } from './ways.ts'

const ways = straightWays({ west: 116.3, south: 39.98, east: 116.36, north: 40.02 })
const [home, far, near] = [
  { lng: 116.31, lat: 39.99 },
  { lng: 116.34, lat: 40.01 },
  { lng: 116.3101, lat: 39.99 },
].map((position) => ways.placeAt(position)!)
const ride: [number, number] = [home!, far!]

/** A map that takes so many times as long as ours; undefined: it fails. */
function bed(timesOurs: () => number | undefined) {
  let asked = 0
  const provider = (name: 'own' | 'amap', times: () => number | undefined): MapProvider => ({
    name,
    async ride(from, to) {
      if (name === 'amap') asked++
      const [begin, end] = [ways.placeAt(from)!, ways.placeAt(to)!]
      const factor = times()
      if (factor === undefined) throw new Error('gone')
      const metres = ways.metres(begin, end)
      return { ms: ways.ms(begin, end) * factor, metres, points: [from, to], steps: [] }
    },
    distances: async () => [],
    address: async () => ({ text: '', street: '' }),
  })
  const first = provider('amap', timesOurs)
  const own = provider('own', () => 1)
  const clock = { monotonicMs: () => 0, after: () => () => {} }
  return { ...calibrated(ways, withFallback({ first, own, clock })), asked: () => asked }
}

const near1 = (value: number, wanted: number): void =>
  assert.ok(Math.abs(value - wanted) < 0.06, `${value} is not ${wanted}`)

describe('travel times that another map has a word in', () => {
  it('become its own in some turns, and go back to ours when it is gone, which is said', async () => {
    let times: number | undefined = 1.5
    const { ways: ours, ask, source } = bed(() => times)
    assert.equal(ours.ms(...ride), ways.ms(...ride))
    for (let turn = 0; turn < 12; turn++) await ask([ride, ride, ride])
    near1(ours.ms(...ride) / ways.ms(...ride), 1.5)
    assert.equal(ours.metres(...ride), ways.metres(...ride))
    assert.equal(source(), 'amap')
    times = undefined
    for (let turn = 0; turn < 12; turn++) await ask([ride])
    near1(ours.ms(...ride) / ways.ms(...ride), 1)
    assert.equal(source(), 'own, as amap does not answer')
  })

  it('are moved little by one answer, however absurd, and not at all by short rides', async () => {
    const { ways: ours, ask, asked } = bed(() => 15)
    await ask([
      [home!, near!],
      [home!, home!],
    ])
    assert.equal(asked(), 0)
    await ask([ride])
    assert.ok(ours.ms(...ride) / ways.ms(...ride) < 1.5)
  })
})
