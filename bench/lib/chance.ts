/** Random numbers that are the same for the same seed, from 0 (inclusive) to 1 (exclusive): a xorshift of 32 bits. */
export function seeded(seed: number): () => number {
  let state = seed | 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** A value of a gamma distribution with mean 1 and the given coefficient of variation (Marsaglia and Tsang, 2000). */
export function gamma(variation: number, random: () => number): number {
  if (variation < 1e-3) return 1
  const shape = 1 / (variation * variation)
  // Below 1 the method needs a shape that is larger by 1, and a correction.
  const boost = shape < 1 ? Math.max(random(), 1e-300) ** (1 / shape) : 1
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal(random)
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(Math.max(random(), 1e-300)) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
      return (d * v * boost) / shape
    }
  }
}

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(Math.max(random(), 1e-300))) * Math.cos(2 * Math.PI * random())
