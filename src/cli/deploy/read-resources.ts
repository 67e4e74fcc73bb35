import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { CommandFailed } from '../errors.ts'
import type { Platform } from '../platform.ts'
import type { Terminal } from '../terminal.ts'
import { type Manifest, readManifest } from './manifest.ts'
import { accountIdOf } from './upload.ts'

/** What an s.yaml describes; `only`: the resources of these names, where it has any. Throws `CommandFailed`. */
export async function readResources(
  file: string,
  only: readonly string[],
  platform: Platform,
  terminal: Terminal,
): Promise<Manifest> {
  const source = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const hint = error.code === 'ENOENT' ? `There is no ${file}. Name another file with -t.` : error.message
    throw new CommandFailed(hint, { cause: error })
  })
  const manifest = readManifest(source, {
    fileName: relative(terminal.workingDir, file),
    environment: terminal.environment,
    // Asked for only where the file needs it.
    accountId: /account_?id/i.test(source) ? await accountIdOf(platform) : platform.accountId,
    region: platform.region,
  })
  const names = Object.values(manifest).flatMap((resources: { name: string }[]) =>
    resources.map(({ name }) => name),
  )
  for (const name of only) {
    if (!names.includes(name))
      throw new CommandFailed(`The file has no resource ${name}; it has ${names.join(', ')}.`)
  }
  if (only.length === 0) return manifest
  const isWanted = ({ name }: { name: string }) => only.includes(name)
  return { functions: manifest.functions.filter(isWanted), gateways: manifest.gateways.filter(isWanted) }
}
