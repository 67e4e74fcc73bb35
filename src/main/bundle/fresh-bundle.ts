/**
 * The platform in one file: some 950 modules take a second to be found, read and linked, and a tenth of that as one.
 * `bin/hanshu` has it written (`write-bundle.ts`) when it is missing or stale; what is stale is never used, so that
 * whoever edits the sources runs the sources.
 */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What is looked at of a file that a bundle is made from: its time of change and its size. */
export type Stamp = `${number} ${number}`

export interface BundleManifest {
  /** File in the folder of the bundle that is imported. */
  entry: string
  /** Files it was made from, relative to the installation. */
  inputs: Record<string, Stamp>
}

export const bundleDirOf = (installationDir: string): string => join(installationDir, '.tools/platform')

export const manifestName = 'manifest.json'

export function stampOf(file: string): Stamp | undefined {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats && `${stats.mtimeMs} ${stats.size}`
}

/** The file to import; undefined when there is no bundle, or one of other sources than are there now. */
export function freshBundle(installationDir: string): string | undefined {
  const folder = bundleDirOf(installationDir)
  let manifest: BundleManifest
  try {
    manifest = JSON.parse(readFileSync(join(folder, manifestName), 'utf8'))
  } catch {
    return undefined
  }
  for (const [input, stamp] of Object.entries(manifest.inputs))
    if (stampOf(join(installationDir, input)) !== stamp) return undefined
  return join(folder, manifest.entry)
}
