import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type CodePackageLimits, InvalidCodePackage } from '../ports/code-packages.ts'
import { tooManyEntries, unpackZip } from './unpack-zip.ts'
import type { Unpacked, UnpackJob } from './unpack-zip-thread.ts'
import { openZip } from './zip-file.ts'

/** So many small files are made within a few milliseconds; to start a thread takes longer. */
const entriesMaxHere = 32
/** They use the processors that functions run on. Further packages wait, each with the request or the start that wants it. */
const threadsMax = 2

let threads = 0
const waiting: (() => void)[] = []

/**
 * `unpackZip`, but a package of many entries is unpacked by a thread of its own: a file takes 50 µs and more to make, and
 * every invocation would wait for two hundred thousand of them.
 */
export async function unpackZipAside(
  zipFile: string,
  folder: string,
  limits: CodePackageLimits,
): Promise<void> {
  const { zip } = await openZip(zipFile)
  zip.close()
  if (zip.entryCount > limits.entriesMax) throw tooManyEntries(limits)
  if (zip.entryCount <= entriesMaxHere) return unpackZip(zipFile, folder, limits)
  if (threads >= threadsMax) await new Promise<void>((turn) => waiting.push(turn))
  else threads++
  try {
    await unpackInThread({ zipFile, folder, limits })
  } finally {
    const next = waiting.shift()
    if (next) next()
    else threads--
  }
}

async function unpackInThread(job: UnpackJob): Promise<void> {
  const thread = new Worker(new URL('unpack-zip-thread.ts', import.meta.url), { workerData: job })
  const died = once(thread, 'exit').then(() => {
    throw new Error('the thread that unpacked a package ended before it had done so')
  })
  // Only when it comes first does it matter.
  died.catch(() => {})
  // A failure of the thread is an 'error', which `once` rejects with.
  const [outcome] = (await Promise.race([once(thread, 'message'), died])) as [Unpacked]
  if (outcome.is === 'invalid') throw new InvalidCodePackage(outcome.reason, outcome.message)
}
