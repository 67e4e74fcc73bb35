/** Packages of npm that are installed here, as a function ships them: with all that they need, below `node_modules`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import { projectDir } from './platform.fixture.ts'

/** What programs read; packages bring types, sources, maps and bundles for browsers as well. */
const wanted = new Set(['.js', '.cjs', '.mjs', '.json', '.proto', ''])
const unwanted = new Set(['node_modules', 'dist', 'es5', 'docs', 'test', 'browser', 'fp'])

export function packageFiles(...names: readonly string[]): Record<string, Buffer> {
  const files: Record<string, Buffer> = {}
  const seen = new Set<string>()
  const take = (name: string, from: string): void => {
    const folder = folderOf(name, from)
    if (folder === undefined || seen.has(folder)) return
    seen.add(folder)
    const { dependencies = {}, main = '' } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const needsDist = /^(\.\/)?dist\//.test(main)
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath, entry.name)
      const folders = relative(folder, entry.parentPath).split('/')
      if (!entry.isFile() || !wanted.has(extname(entry.name))) continue
      if (folders.some((part) => unwanted.has(part) && !(part === 'dist' && needsDist))) continue
      files[relative(projectDir, path)] = readFileSync(path)
    }
    for (const dependency of Object.keys(dependencies)) take(dependency, folder)
  }
  for (const name of names) take(name, projectDir)
  return files
}

/** Where Node.js finds a package; undefined: what no program of these requires, and what is optional and not there. */
function folderOf(name: string, from: string): string | undefined {
  if (name.startsWith('@types/') || name === 'babel-runtime') return undefined
  for (let at = from; at.startsWith(projectDir); at = dirname(at)) {
    const folder = join(at, 'node_modules', name)
    if (existsSync(join(folder, 'package.json'))) return folder
  }
  return undefined
}
