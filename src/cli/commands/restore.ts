import { delimiter, resolve } from 'node:path'
import { type Command, text } from '../command.ts'
import { megabytes } from '../deploy/upload.ts'
import { UsageError } from '../errors.ts'
import { restore as restoreTo } from '../snapshot/restore.ts'

const PROGRESS_EVERY_BYTES = 16 * 1024 * 1024

export const restore: Command = {
  summary: 'Make a data folder of a snapshot',
  usage: 'restore FILE --data DIR',
  details:
    'The folder has to be empty, or not there. What is not whole is refused, and leaves nothing. Start a platform on\n' +
    'it with hanshu up --data DIR; with further folders it brings objects to them by itself.',
  examples: ['hanshu restore /backup/hanshu-2026-01-31.tar --data /var/lib/hanshu'],
  positionals: { min: 1, max: 1 },
  flags: { data: { value: 'DIR', help: 'The new data folder: empty, or not there.' } },

  async run(args, terminal) {
    const { environment, workingDir, signal } = terminal
    const folder = text(args, 'data') ?? environment.HANSHU_DATA?.split(delimiter).find((name) => name !== '')
    if (folder === undefined) throw new UsageError('Name the new data folder: --data DIR.')
    const dir = resolve(workingDir, folder)
    let shown = 0
    const { sizeBytes, takenMs, damagedBlobs } = await restoreTo({
      file: resolve(workingDir, args.positionals[0]!),
      dir,
      signal,
      onProgress(doneBytes) {
        if (doneBytes - shown < PROGRESS_EVERY_BYTES) return
        shown = doneBytes
        terminal.progress(`${megabytes(doneBytes)} restored`, false)
      },
    })
    terminal.progress(`${megabytes(sizeBytes)} restored`, true)
    if (damagedBlobs.length > 0) {
      terminal.note(
        `${damagedBlobs.length} objects, or parts of them, were damaged already when the snapshot was taken; reading them is refused.`,
      )
    }
    terminal.print(`${dir} is as the platform was at ${new Date(takenMs).toISOString()}.`)
    return 0
  },
}
