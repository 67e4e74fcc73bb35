/** Writes the bundle that `fresh-bundle.ts` is about. Run by bin/hanshu and bin/test; does nothing when it is fresh. */

import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { join, relative, sep } from 'node:path'
import { type BundleManifest, bundleDirOf, freshBundle, manifestName, stampOf } from './fresh-bundle.ts'

/** Has code of its own for this system, which is found from its own folder. */
const leftWhereTheyAre = [/^node:(?!http$)/, 'sharp']

/** They change with the packages, of which there are too many to look at each at every start. */
const packageLists = ['package-lock.json', 'node_modules/.package-lock.json']

/** `entry`: relative to the installation. A bundle that is there is replaced whole, or stays as it is. */
export async function writeBundle(installationDir: string, entry: string): Promise<void> {
  const { rolldown } = await import('rolldown')
  const folder = bundleDirOf(installationDir)
  await mkdir(join(folder, '..'), { recursive: true })
  const staging = await mkdtemp(`${folder}.new-`)
  try {
    // What was the input is asked before it is read: a change in between makes the bundle stale, never wrong.
    const inputs: BundleManifest['inputs'] = {}
    const note = (file: string): void => {
      const stamp = stampOf(file)
      if (stamp !== undefined) inputs[relative(installationDir, file)] = stamp
    }
    for (const file of [...packageLists, relative(installationDir, import.meta.filename)])
      note(join(installationDir, file))
    const bundle = await rolldown({
      input: { platform: join(installationDir, entry) },
      platform: 'node',
      external: leftWhereTheyAre,
      logLevel: 'silent',
      plugins: [
        {
          // Who imports it has every getter of it called, and one of them loads a whole HTTP client.
          name: 'node-http-without-its-client',
          resolveId: (id) => (id === 'node:http' ? '\0http' : null),
          load: (id) => (id === '\0http' ? httpAsNeeded() : null),
        },
        {
          name: 'sources-know-where-they-are',
          load(id) {
            if (!id.includes('node_modules')) note(id)
            return null
          },
          /** Files beside a module, threads and programs among them, are still found beside it. */
          transform(code, id) {
            if (!code.includes('import.meta.url')) return null
            const from = relative(folder, id).split(sep).join('/')
            return code.replaceAll(
              'import.meta.url',
              `new URL(${JSON.stringify(from)}, import.meta.url).href`,
            )
          },
        },
      ],
    })
    const { output } = await bundle.write({
      dir: staging,
      format: 'esm',
      entryFileNames: '[name].mjs',
      chunkFileNames: '[name]-[hash].mjs',
    })
    await bundle.close()
    const manifest: BundleManifest = { entry: output[0].fileName, inputs }
    await writeFile(join(staging, manifestName), JSON.stringify(manifest))
    await rm(folder, { recursive: true, force: true })
    await rename(staging, folder)
  } catch (error) {
    await rm(staging, { recursive: true, force: true })
    throw error
  }
}

function httpAsNeeded(): string {
  const names = Object.entries(Object.getOwnPropertyDescriptors(http))
    .filter(([, { get }]) => get === undefined)
    .map(([name]) => name)
  return `const http = process.getBuiltinModule('node:http')\nexport const { ${names.join(', ')} } = http\nexport default http\n`
}

if (import.meta.main) {
  const { installationDir } = await import('../../config/config.ts')
  if (freshBundle(installationDir) === undefined) {
    process.stderr.write('hanshu: putting the platform into one file, which starts faster\n')
    await writeBundle(installationDir, 'src/main/process.ts')
  } else {
    // Something else in the sources is newer, a test perhaps, and whoever calls looks at nothing but the time.
    const now = new Date()
    await utimes(join(bundleDirOf(installationDir), manifestName), now, now)
  }
}
