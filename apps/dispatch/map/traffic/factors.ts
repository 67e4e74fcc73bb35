/**
 * How much longer rides take than on free roads, by class of road, cell of the city and quarter of an hour of the day: the
 * median of what was observed against what was expected.
 */
import { METRES_PER_DEGREE } from '../graph/metric.ts'
import { headOf, nodePosition, type RoadGraph, tailOf } from '../graph/road-graph.ts'

const CELL_METRES = 1000
const QUARTER_MS = 15 * 60_000
const DAY_MS = 24 * 60 * 60_000

/** Fewer say nothing; of more, the newest count. */
const OBSERVATIONS_MIN = 5
const OBSERVATIONS_MAX = 63
/** Slots at the most, each of some 300 bytes; when there are more, observations of new ones are left out and counted. */
const SLOTS_MAX = 100_000
/** What is outside is a stop on the way or a mistaken position, not traffic. */
const FACTOR_MIN = 0.5
const FACTOR_MAX = 6

export class TrafficFactors {
  readonly #graph: RoadGraph
  readonly #utcOffsetMs: number
  readonly #slots = new Map<string, number[]>()
  #leftOut = 0

  /** @param utcOffsetMs of the city, whose day the quarters are of; China's by default */
  constructor(graph: RoadGraph, utcOffsetMs = 8 * 60 * 60_000) {
    this.#graph = graph
    this.#utcOffsetMs = utcOffsetMs
  }

  /** Observations that were not taken: out of bounds, or no room for their slot. */
  get leftOut(): number {
    return this.#leftOut
  }

  /** 0 to 95. */
  quarterAt(atMs: number): number {
    const ofDay = (((atMs + this.#utcOffsetMs) % DAY_MS) + DAY_MS) % DAY_MS
    return Math.floor(ofDay / QUARTER_MS)
  }

  observe(arc: number, atMs: number, factor: number): void {
    const key = this.#key(arc, this.quarterAt(atMs))
    const slot = this.#slots.get(key)
    if (
      !(factor >= FACTOR_MIN && factor <= FACTOR_MAX) ||
      (slot === undefined && this.#slots.size >= SLOTS_MAX)
    ) {
      this.#leftOut++
      return
    }
    if (slot === undefined) this.#slots.set(key, [factor])
    else {
      slot.push(factor)
      if (slot.length > OBSERVATIONS_MAX) slot.shift()
    }
  }

  /** Undefined where too little was observed. */
  factor(arc: number, quarter: number): number | undefined {
    const slot = this.#slots.get(this.#key(arc, quarter))
    if (slot === undefined || slot.length < OBSERVATIONS_MIN) return undefined
    const sorted = slot.toSorted((one, other) => one - other)
    const middle = sorted.length >> 1
    return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  }

  /** Times of all arcs in a quarter, from those of a free road. */
  weights(freeMs: Uint32Array, quarter: number): Uint32Array {
    return freeMs.map((ms, arc) => Math.max(1, Math.round(ms * (this.factor(arc, quarter) ?? 1))))
  }

  /** To be kept somewhere, and given to `restore`. */
  saved(): [string, number[]][] {
    return [...this.#slots]
  }

  /** @throws Error for what `saved` did not give */
  restore(saved: readonly (readonly [string, readonly number[]])[]): void {
    for (const [key, factors] of saved.slice(0, SLOTS_MAX)) {
      if (typeof key !== 'string' || !Array.isArray(factors) || !factors.every(Number.isFinite))
        throw new Error('these are no traffic factors')
      this.#slots.set(key, factors.slice(-OBSERVATIONS_MAX))
    }
  }

  #key(arc: number, quarter: number): string {
    const graph = this.#graph
    const one = nodePosition(graph, tailOf(graph, arc))
    const other = nodePosition(graph, headOf(graph, arc))
    const lat = (one.lat + other.lat) / 2
    const metresPerLng = METRES_PER_DEGREE * Math.cos((Math.round(lat) * Math.PI) / 180)
    const column = Math.floor((((one.lng + other.lng) / 2) * metresPerLng) / CELL_METRES)
    const row = Math.floor((lat * METRES_PER_DEGREE) / CELL_METRES)
    return `${graph.edgeClass[arc >> 1]}:${column}:${row}:${quarter}`
  }
}
