import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type Command, platformFlags } from '../command.ts'
import { megabytes } from '../deploy/upload.ts'
import { CommandFailed } from '../errors.ts'
import { connect } from '../platform.ts'

const PROGRESS_EVERY_BYTES = 16 * 1024 * 1024

export const snapshot: Command = {
  summary: 'Write all that a running platform keeps to one file, as it is at one moment',
  usage: 'snapshot FILE [FLAGS]',
  details:
    'The file is an archive (tar) of the data folder, with one copy of each object: functions, objects, tables, queues,\n' +
    'and all secrets: its owner alone may read it, and it is to be kept as the data folder is. The platform goes on\n' +
    'meanwhile; it needs room in its data folder for a copy of the databases, and gives room of what is removed back\n' +
    'when the file is written.\n' +
    'Only the key of the account itself may do this. hanshu restore makes a data folder of it.',
  examples: ['hanshu snapshot /backup/hanshu-$(date +%F).tar'],
  positionals: { min: 1, max: 1 },
  flags: { ...platformFlags },

  async run(args, terminal) {
    const file = resolve(terminal.workingDir, args.positionals[0]!)
    if (await isThere(file)) throw new CommandFailed(`${file} is there already.`)
    const platform = await connect(args, terminal)
    const unfinished = `${file}.unfinished`
    // Another name until it is whole: what breaks off is no snapshot.
    const handle = await open(unfinished, 'w', 0o600).catch((cause: Error) => {
      throw new CommandFailed(`${unfinished} cannot be written: ${cause.message}`, { cause })
    })
    let sizeBytes = 0
    try {
      await handle.chmod(0o600)
      const answer = await platform.open({ action: 'TakeSnapshot', method: 'POST', path: '/hanshu/snapshot' })
      let shown = 0
      for await (const piece of answer as AsyncIterable<Buffer>) {
        await handle.writeFile(piece)
        sizeBytes += piece.length
        if (sizeBytes - shown < PROGRESS_EVERY_BYTES) continue
        shown = sizeBytes
        terminal.progress(`${megabytes(sizeBytes)} written`, false)
      }
      await handle.sync()
      await rename(unfinished, file)
    } catch (error) {
      await rm(unfinished, { force: true })
      if (error instanceof CommandFailed || terminal.signal.aborted) throw error
      throw new CommandFailed(`The snapshot was not finished: ${(error as Error).message}`, { cause: error })
    } finally {
      await handle.close()
    }
    const folder = await open(dirname(file))
    await folder.sync().finally(() => folder.close())
    terminal.progress(`${megabytes(sizeBytes)} written`, true)
    terminal.print(file)
    return 0
  },
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  )
