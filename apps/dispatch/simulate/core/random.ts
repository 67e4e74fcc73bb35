/** Chance from a seed: the same seed gives the same city, whatever the order in which its people are asked. */

export interface Random {
  /** In [0, 1). */
  next(): number
  /** True with this probability. */
  chance(probability: number): boolean
  between(low: number, high: number): number
  /** An integer in [0, count). */
  below(count: number): number
  /** Log-normal with this median; `sigma` is the deviation of its logarithm. */
  logNormal(median: number, sigma: number): number
  /** Time until the next of what happens `perMs` times a millisecond. */
  exponential(perMs: number): number
  /** A source of its own for somebody or something: what it gives does not depend on what was drawn here. */
  fork(name: string): Random
}

export const seeded = (seed: string): Random => {
  const next = sfc32(seed)
  const random: Random = {
    next,
    chance: (probability) => next() < probability,
    between: (low, high) => low + (high - low) * next(),
    below: (count) => Math.floor(next() * count),
    logNormal: (median, sigma) => median * Math.exp(sigma * normal(next)),
    exponential: (perMs) => -Math.log(1 - next()) / perMs,
    fork: (name) => seeded(`${seed}/${name}`),
  }
  return random
}

/** Box and Muller; the second value is thrown away, so that each draw takes two of the source. */
const normal = (next: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())

/** Doty-Humphrey's sfc32 (public domain, PractRand), its state hashed from the seed by FNV-1a with four starts. */
function sfc32(seed: string): () => number {
  let [a, b, c] = [fnv1a(seed, 0x811c9dc5), fnv1a(seed, 0x9e3779b9), fnv1a(seed, 0x85ebca6b)]
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 4_294_967_296
  }
  // The first values still show the seed.
  for (let round = 0; round < 12; round++) next()
  return next
}

function fnv1a(text: string, start: number): number {
  let hash = start
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash | 0
}

/** Indexes drawn in proportion to their weights. */
export function weighted(weights: readonly number[]): (random: Random) => number {
  const sums: number[] = []
  let total = 0
  for (const weight of weights) {
    total += weight
    sums.push(total)
  }
  if (!(total > 0)) throw new Error('nothing to draw from: all weights are zero')
  return (random) => {
    const wanted = random.next() * total
    let [low, high] = [0, sums.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}
