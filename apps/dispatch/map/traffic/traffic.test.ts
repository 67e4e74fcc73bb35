import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BEIJING, beijing } from '../amap/facade.testing.ts'
import { syntheticCity } from '../graph/synthetic-city.ts'
import { buildRoadNetwork } from '../road-network.ts'
import { cityWithTraffic } from './city-with-traffic.ts'
import { TrafficFactors } from './factors.ts'
import { learn, type Report } from './riding-log.ts'

/** 12:00 in China. */
const NOON = Date.UTC(2026, 10, 29, 4)
const QUARTER_MS = 15 * 60_000

const city = () =>
  buildRoadNetwork(syntheticCity({ side: 12, seed: 7, blockMetres: 150, corner: { lng: 116.3, lat: 39.9 } }))

/** Reports of a rider who takes `slowness` times as long as on free roads, there and back. */
function ride(network: ReturnType<typeof city>, slowness: number, startMs: number): Report[] {
  const reports: Report[] = []
  let atMs = startMs
  const [from, to] = [network.nearest({ lng: 116.303, lat: 39.903 })!, network.nearest({ lng: 116.307, lat: 39.906 })!] // biome-ignore format: one line
  for (let leg = 0; leg < 12; leg++) {
    const [begin, end] = leg % 2 === 0 ? [from, to] : [to, from]
    if (leg === 0) reports.push({ riderId: 'r', atMs, position: begin.position })
    atMs += Math.round(network.ms(begin.place, end.place) * slowness)
    reports.push({ riderId: 'r', atMs, position: end.position })
  }
  return reports
}

describe('traffic learnt from the riding log', () => {
  it('is the median of observed against expected, in its own quarter of an hour only', () => {
    const network = city()
    const factors = new TrafficFactors(network.graph)
    for (const factor of [1, 2, 2, 5]) factors.observe(0, NOON, factor)
    assert.equal(factors.factor(0, 48), undefined, 'too few')
    factors.observe(0, NOON, 3)
    assert.equal(factors.factor(0, 48), 2)
    assert.equal(factors.factor(0, 49), undefined)
    factors.observe(0, NOON, 50)
    assert.equal(factors.factor(0, 48), 2, 'what cannot be traffic is left out')
    assert.equal(factors.leftOut, 1)
  })

  it('finds from where riders were how much slower they are, and sends by other times then', () => {
    const network = city()
    const factors = new TrafficFactors(network.graph)
    const rides = learn(network, factors, ride(network, 1.8, NOON))
    assert.ok(rides >= 8)
    let nowMs = NOON
    const slow = cityWithTraffic({ free: network, factors, now: () => nowMs, region: BEIJING })
    const [from, to] = [network.nearest({ lng: 116.303, lat: 39.903 })!, network.nearest({ lng: 116.307, lat: 39.906 })!] // biome-ignore format: one line
    assert.ok(slow.network().ms(from.place, to.place) > 1.2 * network.ms(from.place, to.place))
    assert.equal(slow.network(), slow.network(), 'weighted once for each quarter')
    nowMs = NOON + 20 * QUARTER_MS
    assert.equal(slow.network(), network, 'nothing is known of the evening')
  })

  it('weights the roads between other work, and answers by the times before until then', () => {
    const network = city()
    const factors = new TrafficFactors(network.graph)
    learn(network, factors, ride(network, 1.8, NOON))
    const tasks: (() => void)[] = []
    let nowMs = NOON
    const options = { free: network, factors, now: () => nowMs, region: BEIJING }
    const slow = cityWithTraffic({ ...options, later: (task) => tasks.push(task) })
    assert.equal(slow.network(), network)
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      assert.equal(slow.network(), network)
      task()
    }
    const [from, to] = [0, network.nodeCount - 1]
    assert.notEqual(slow.network(), network)
    assert.equal(slow.network().ms(from, to), cityWithTraffic(options).network().ms(from, to))
    nowMs = NOON + 20 * QUARTER_MS
    assert.equal(slow.network(), network, 'nothing is known of the evening')
    nowMs = NOON + 96 * QUARTER_MS
    slow.network()
    assert.equal(tasks.length, 1, 'begun for noon')
    nowMs = NOON + 116 * QUARTER_MS
    assert.equal(slow.network(), network)
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task()
    assert.equal(slow.network(), network, 'which was too late')
  })

  it('learns nothing from standing, from jumps, and from gaps', () => {
    const network = city()
    const factors = new TrafficFactors(network.graph)
    const at = network.nearest({ lng: 116.303, lat: 39.903 })!.position
    const far = network.nearest({ lng: 116.307, lat: 39.906 })!.position
    const report = (atMs: number, position = at): Report => ({ riderId: 'r', atMs: NOON + atMs, position })
    assert.equal(learn(network, factors, [report(0), report(5000), report(10_000)]), 0)
    assert.equal(learn(network, factors, [report(0), report(30 * 60_000, far)]), 0)
    assert.equal(learn(network, factors, [report(0, { lng: 10, lat: 10 }), report(60_000, far)]), 0)
    learn(network, factors, [report(0), report(1000, far)])
    assert.equal(factors.saved().length, 0, 'nobody is that fast')
  })

  it('is kept and restored, and refuses what it did not save', () => {
    const network = beijing()
    const factors = new TrafficFactors(network.graph)
    for (let at = 0; at < 7; at++) factors.observe(3, NOON, 1.5)
    const restored = new TrafficFactors(network.graph)
    restored.restore(JSON.parse(JSON.stringify(factors.saved())))
    assert.equal(restored.factor(3, 48), 1.5)
    assert.throws(() => restored.restore([['x', 'y' as unknown as number[]]]), /no traffic factors/)
  })
})
