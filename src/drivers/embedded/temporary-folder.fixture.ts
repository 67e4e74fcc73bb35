import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for the tests of one file, and paths in it that nobody else was given. */
export async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-embedded-'))
  let paths = 0
  return {
    newPath: (name: string): string => join(folder, `${++paths}-${name}`),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
