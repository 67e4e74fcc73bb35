/** What the build of the application makes of `web/`, in memory: types stripped, `.ts` of imports become `.js`. */

import { readdir, readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { join, relative } from 'node:path'
import { type PageFile, readPageFiles } from '../serve.ts'

const WEB = join(import.meta.dirname, '../web')

export async function builtPages(): Promise<PageFile[]> {
  const entries = await readdir(WEB, { recursive: true, withFileTypes: true })
  const sources = entries.filter(
    (entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'),
  )
  const scripts = await Promise.all(
    sources.map(async (entry) => {
      const path = join(entry.parentPath, entry.name)
      const stripped = stripTypeScriptTypes(await readFile(path, 'utf8'))
      const script = stripped.replace(/(\bfrom\s+'\.[^']*)\.ts'/g, "$1.js'")
      const name = relative(WEB, path).replace(/\.ts$/, '.js')
      return { name, bytes: new TextEncoder().encode(script) }
    }),
  )
  return [...scripts, ...(await readPageFiles(WEB))]
}
