/** Numbers from 0 to 1 that a seed repeats (xorshift). */
export function seeded(start: number): () => number {
  let state = start | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** What HANSHU_FAULT_SEED says, so that a run can be repeated; else any. A test that uses it prints it. */
export const faultSeed = (): number =>
  Number(process.env['HANSHU_FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 32))
