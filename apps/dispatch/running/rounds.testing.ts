/** The thread of rounds.test.ts: runs worlds one after the other, and says what was seen, or which one failed. */
import { inspect } from 'node:util'
import { parentPort, workerData } from 'node:worker_threads'
import { seen, world } from './worlds.testing.ts'

const { rounds, firstSeed } = workerData as { rounds: number; firstSeed: number }

// Refusals are many, and nobody looks at where they come from; a single world is run to find out.
if (rounds > 1) Error.stackTraceLimit = 0

let failure: string | undefined
for (let seed = firstSeed; seed < firstSeed + rounds && failure === undefined; seed++) {
  try {
    await world(seed)
  } catch (error) {
    failure = `in the world of DISPATCH_SEED=${seed} DISPATCH_ROUNDS=1: ${inspect(error)}`
  }
}
parentPort!.postMessage({ seen, failure })
