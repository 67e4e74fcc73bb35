/**
 * Makes of the sources what functions take: JavaScript, for each function a folder with the files that it reaches and the
 * packages that those import. A folder is made anew where something in it changed, so that a second deployment finds nothing
 * to do.
 */
import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'

export const root = import.meta.dirname
const project = resolve(root, '../..')

export interface FunctionBuild {
  name: string
  /** Of the sources, from the folder of the application. */
  entry: string
  /** Beside those that are imported: what a runtime that has nothing preinstalled needs. */
  packages?: readonly string[]
  /** Files and folders to copy: from where, by an absolute path, to where in the code. */
  assets?: readonly { from: string; to: string }[]
  /** Folders of what browsers load: sources become scripts, the rest is copied. */
  sites?: readonly { from: string; to: string }[]
}

/** What tests of it need is not for browsers. */
const ofTests = /\.(test|testing|fixture)\.ts$/

async function copySite(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    if (!entry.isFile() || ofTests.test(entry.name) || entry.name === 'tsconfig.json') continue
    const path = join(entry.parentPath, entry.name)
    const target = join(to, javaScriptName(relative(from, path)))
    await mkdir(dirname(target), { recursive: true })
    if (!path.endsWith('.ts')) await cp(path, target)
    else
      await writeFile(
        target,
        asScript(await readFile(path, 'utf8'), () => undefined),
      )
  }
}

/** Where packages are: those that the cloud's runtimes have preinstalled, those of development, and our own. */
const packageHomes = [
  createRequire(join(project, 'runtimes/nodejs/modules/package.json')),
  createRequire(join(project, 'package.json')),
  createRequire(join(root, 'package.json')),
]

/** An official SDK, as functions have it. They have no types. */
// biome-ignore lint/suspicious/noExplicitAny: SDKs without types
export function sdk(name: string): any {
  const home = packageHomes.find((each) => manifestOf(name, each) !== undefined)
  if (!home) throw new Error(`the package ${name} is not installed: npm ci, or start the platform once`)
  return home(name)
}

/** Code is in its place at once or not at all: a deployment that runs meanwhile sees the earlier one. */
export async function buildFunction(
  { name, entry, packages: named = [], assets = [], sites = [] }: FunctionBuild,
  into: string,
): Promise<void> {
  const target = join(into, name)
  const fresh = `${target}.new`
  await rm(fresh, { recursive: true, force: true })
  const { files, packages } = await reached(join(root, entry))
  for (const [file, code] of files) {
    const at = join(fresh, javaScriptName(relative(root, file)))
    await mkdir(dirname(at), { recursive: true })
    await writeFile(at, code)
  }
  await writeFile(join(fresh, 'package.json'), '{ "type": "module" }\n')
  for (const { from, to } of assets) await cp(from, join(fresh, to), { recursive: true })
  for (const { from, to } of sites) await copySite(from, join(fresh, to))
  for (const { folder, home } of packageFolders(new Set([...packages, ...named]))) {
    await cp(folder, join(fresh, relative(home, folder)), {
      recursive: true,
      filter: (path) => isNeeded(relative(folder, path)),
    })
  }
  if ((await digestOf(fresh)) === (await digestOf(target))) {
    await rm(fresh, { recursive: true })
    return
  }
  await rm(target, { recursive: true, force: true })
  await rename(fresh, target)
}

/** The sources that one leads to, as JavaScript, and the names of the packages that they import. */
async function reached(entry: string): Promise<{ files: Map<string, string>; packages: Set<string> }> {
  const files = new Map<string, string>()
  const packages = new Set<string>()
  const waiting = [entry]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue
    const at = file
    const code = asScript(await readFile(at, 'utf8'), (wanted) => {
      if (wanted.startsWith('.')) waiting.push(resolve(dirname(at), wanted))
      else if (!wanted.startsWith('node:')) packages.add(packageName(wanted))
    })
    files.set(at, code)
  }
  return { files, packages }
}

/** `import … from '…'`, `export … from '…'`, `import '…'`, `import('…')` and `new URL('….ts', import.meta.url)` of workers. */
const importPattern =
  /(^(?:import|export)\s+[\w\s{},*$]+?\sfrom\s*|^import\s*|\bimport\(\s*|\bnew URL\(\s*(?=['"][^'"]+\.ts['"],\s*import\.meta\.url))(['"])([^'"\n]+)\2/gm

function asScript(source: string, imports: (wanted: string) => void): string {
  const code = stripTypeScriptTypes(source).replace(
    importPattern,
    (whole, before: string, quote: string, wanted: string) => {
      imports(wanted)
      return wanted.startsWith('.') ? `${before}${quote}${javaScriptName(wanted)}${quote}` : whole
    },
  )
  // Where types were there is room.
  return `${code
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`
}

const javaScriptName = (name: string): string => name.replace(/\.ts$/, '.js')

const packageName = (wanted: string): string =>
  wanted
    .split('/')
    .slice(0, wanted.startsWith('@') ? 2 : 1)
    .join('/')

/** Of packages and all that they depend on. `home`: what their place in `node_modules` is relative to. */
function packageFolders(names: ReadonlySet<string>): { folder: string; home: string }[] {
  const found = new Map<string, string>()
  const take = (name: string, from: NodeJS.Require, home: string): void => {
    const manifest = manifestOf(name, from)
    if (manifest === undefined || found.has(dirname(manifest))) return
    found.set(dirname(manifest), home)
    const { dependencies = {} } = from(manifest) as { dependencies?: Record<string, string> }
    for (const dependency of Object.keys(dependencies)) take(dependency, createRequire(manifest), home)
  }
  for (const name of names) {
    const from = packageHomes.find((each) => manifestOf(name, each) !== undefined)
    if (!from) throw new Error(`the package ${name} is not installed: npm ci, or start the platform once`)
    const manifest = manifestOf(name, from)!
    take(name, from, manifest.slice(0, manifest.lastIndexOf('/node_modules/')))
  }
  return [...found].map(([folder, home]) => ({ folder, home }))
}

/** Types are of no use there, and `exports` of some packages hide their manifest. */
function manifestOf(name: string, from: NodeJS.Require): string | undefined {
  if (name.startsWith('@types/')) return undefined
  for (const folder of from.resolve.paths(name) ?? []) {
    try {
      return from.resolve(join(folder, name, 'package.json'))
    } catch {
      // Not in this folder; perhaps in the next one.
    }
  }
  return undefined
}

/** What a program does not read at run time. `path`: from the package on. */
const isNeeded = (path: string): boolean =>
  !/(^|\/)(node_modules|\.bin|test|tests|docs?|examples?|samples?|benchmarks?)(\/|$)/.test(path) &&
  !/\.(md|map|ts|flow|proto|html|yml|min\.js)$/i.test(path)

/** Names and contents of all files of a folder; nothing of one that is not there. */
async function digestOf(folder: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    for (const path of paths.sort())
      hash
        .update(`${relative(folder, path)}\0`)
        .update(await readFile(path))
        .update('\0')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return hash.digest('hex')
}
