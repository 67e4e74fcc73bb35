/**
 * What has happened to the calls of each function since the platform started, in plain numbers: a counter and a histogram
 * of prom-client take some 2 µs for each call, these 0.05. `metric-families.ts` makes metrics of them.
 */
import type { EndedCall, EndedStart, Observer, StartPhase } from '../../ports/observer.ts'
import { emptyHistogram, type HistogramCounts, observe } from './histogram.ts'

export interface FunctionCounts {
  functionName: string
  outcomes: Map<EndedCall['outcome'], number>
  /** By kind and cause: `unhandledError/timeout`. */
  errors: Map<string, number>
  /** Of calls that an instance worked on. */
  duration: HistogramCounts
  starts: Map<EndedStart['outcome'], number>
}

/** `first_call`: the first call of an instance that was started for it, loading of the code included. */
export type ColdPhase = StartPhase | 'first_call'

export interface Counts extends Observer {
  /** Those with a name of their own first, then `other`, if it is needed. */
  functions(): FunctionCounts[]
  phases(): ReadonlyMap<ColdPhase, HistogramCounts>
  /** Its name is free for another function; what was counted is forgotten. */
  forget(functionName: string): void
  /** What a function is called in metrics. */
  labelOf(functionName: string): string
}

/** Functions beyond it are counted together: each has some thirty time series, wherever the metrics are kept. */
const functionsMax = 200
/** No function can be called so: a name begins with a letter or `_` and has no `(`. */
export const otherFunctions = '(other)'

export function functionCounts(namesMax: number = functionsMax): Counts {
  const byName = new Map<string, FunctionCounts>()
  const phases = new Map<ColdPhase, HistogramCounts>()
  let other: FunctionCounts | undefined

  function countsOf(functionName: string): FunctionCounts {
    const known = byName.get(functionName)
    if (known) return known
    if (byName.size >= namesMax) {
      other ??= emptyCounts(otherFunctions)
      return other
    }
    const made = emptyCounts(functionName)
    byName.set(functionName, made)
    return made
  }

  function observePhase(phase: ColdPhase, durationMs: number): void {
    let histogram = phases.get(phase)
    if (!histogram) {
      histogram = emptyHistogram()
      phases.set(phase, histogram)
    }
    observe(histogram, durationMs / 1000)
  }

  return {
    ended({ revision, outcome, because, durationMs, coldStart }) {
      const counts = countsOf(revision.functionName)
      add(counts.outcomes, outcome)
      if (because !== undefined) add(counts.errors, `${outcome}/${because}`)
      // Given up before an instance came to it.
      if (durationMs === undefined || (durationMs === 0 && outcome === 'cancelled')) return
      observe(counts.duration, durationMs / 1000)
      if (coldStart) observePhase('first_call', durationMs)
    },

    startEnded({ revision, outcome, phases: done }) {
      add(countsOf(revision.functionName).starts, outcome)
      // One that failed or was called off says nothing about how long a start takes.
      if (outcome !== 'started') return
      for (const { phase, durationMs } of done) observePhase(phase, durationMs)
    },

    functions: () => (other ? [...byName.values(), other] : [...byName.values()]),
    phases: () => phases,
    forget: (functionName) => void byName.delete(functionName),
    labelOf: (functionName) =>
      byName.has(functionName) || byName.size < namesMax ? functionName : otherFunctions,
  }
}

const emptyCounts = (functionName: string): FunctionCounts => ({
  functionName,
  outcomes: new Map(),
  errors: new Map(),
  duration: emptyHistogram(),
  starts: new Map(),
})

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
