import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { CommandFailed } from '../errors.ts'
import type { Platform } from '../platform.ts'
import type { Terminal } from '../terminal.ts'
import { readManifest } from './manifest.ts'
import type { FunctionResource } from './props.ts'
import { accountIdOf } from './upload.ts'

/** The functions of an s.yaml; `only`: those of these names, where it has any. Throws `CommandFailed`. */
export async function readResources(
  file: string,
  only: readonly string[],
  platform: Platform,
  terminal: Terminal,
): Promise<FunctionResource[]> {
  const source = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const hint = error.code === 'ENOENT' ? `There is no ${file}. Name another file with -t.` : error.message
    throw new CommandFailed(hint, { cause: error })
  })
  const resources = readManifest(source, {
    fileName: relative(terminal.workingDir, file),
    environment: terminal.environment,
    // Asked for only where the file needs it.
    accountId: /account_?id/i.test(source) ? await accountIdOf(platform) : platform.accountId,
    region: platform.region,
  })
  const names = resources.map(({ name }) => name)
  for (const name of only) {
    if (!names.includes(name))
      throw new CommandFailed(`The file has no resource ${name}; it has ${names.join(', ')}.`)
  }
  return only.length === 0 ? resources : resources.filter(({ name }) => only.includes(name))
}
