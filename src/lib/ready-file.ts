import { chmod, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { reasonOf } from './reason.ts'

/**
 * Takes away what an earlier owner left, and finds out whether the file can be written: before the start has done its work, and so that nobody who
 * waits for the file reads an old one.
 */
export async function clearReadyFile(file: string): Promise<void> {
  try {
    const existing = await stat(file).catch(() => undefined)
    if (existing && !existing.isFile()) throw new Error('it is not a file')
    await rm(file, { force: true })
    await writeFile(unfinished(file), '', { mode: 0o600 })
    await rm(unfinished(file))
  } catch (error) {
    throw new Error(`the ready file ${file} cannot be written in ${dirname(file)}: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}

/** Whoever waits for the file finds all of it, readable for its owner only, or nothing. */
export async function writeReadyFile(file: string, content: object): Promise<void> {
  await writeFile(unfinished(file), `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  await chmod(unfinished(file), 0o600) // a file that was there keeps its mode
  await rename(unfinished(file), file)
}

const unfinished = (file: string): string => `${file}.new`
