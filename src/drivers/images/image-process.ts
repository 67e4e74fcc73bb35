/**
 * The process's own file: takes one job after the other from the platform and answers it. An image that makes its decoder
 * run wild, or eat all memory, takes this process with it and nothing else.
 */
import { writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import type { ImageJob, ImageOutcome } from '../../ports/images.ts'

export type FromProcess =
  | { is: 'unavailable'; reason: string }
  | { is: 'done'; outcome: ImageOutcome }
  | { is: 'failed'; reason: string }

/** Below what calls of functions have. */
const NICENESS = 10

const tell = (message: FromProcess): void => {
  // Who would hear it has gone: see `disconnect`.
  process.send?.(message, () => {})
}

process.on('disconnect', () => {
  // The platform has gone. Threads of libvips may be busy: they would be waited for.
  process.kill(process.pid, 'SIGKILL')
})

/** The overflow ids of Linux and BSD: they own nothing. */
const NOBODY = 65_534

/** After everything is loaded, which nobody may have no right to read. Decoders of hostile images need no other rights. */
function becomeNobody(): void {
  if (process.getuid?.() !== 0) return
  try {
    process.setgroups?.([])
    process.setgid?.(NOBODY)
    process.setuid?.(NOBODY)
  } catch {
    // In a namespace that has no such ids, root is not that of the machine either.
  }
}

try {
  setPriority(NICENESS)
  // When memory runs out this is the first to go. Other systems than Linux have no such file.
  if (process.platform === 'linux') writeFileSync('/proc/self/oom_score_adj', '1000')
} catch {
  // Some sandboxes allow neither; then it is a process like any other.
}

try {
  const [{ default: sharp }, { perform }] = await Promise.all([import('sharp'), import('./perform.ts')])
  // Results are asked for once; what libvips keeps of them would only take memory.
  sharp.cache(false)
  becomeNobody()
  process.on('message', (job: ImageJob) => {
    perform(job).then(
      (outcome) => tell({ is: 'done', outcome }),
      (error: unknown) =>
        tell({
          is: 'failed',
          reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }),
    )
  })
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error)
  // What is missing is for those that ask, where it was looked for is not.
  tell({ is: 'unavailable', reason: reason.split('\n')[0]!.replace(/ imported from .*/, '') })
}
