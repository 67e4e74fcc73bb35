/** Keeps the functions of an s.yaml on the platform as they are in the folders, and hands over what they write. */
import { basename, dirname, resolve } from 'node:path'
import { type DeploySettings, deployFunction } from '../deploy/deploy-function.ts'
import { CodeChanged } from '../deploy/package.ts'
import type { FunctionResource } from '../deploy/props.ts'
import { readResources } from '../deploy/read-resources.ts'
import { CommandFailed } from '../errors.ts'
import type { Platform } from '../platform.ts'
import type { Terminal } from '../terminal.ts'
import { type DebugWish, keepDebuggable, standardPort } from './attach-debugger.ts'
import { type CodeWatch, watchCode } from './code-watch.ts'
import { followLogs } from './follow-logs.ts'
import { oneByOne } from './one-by-one.ts'

export interface LoopSettings {
  /** Absolute. */
  file: string
  only: readonly string[]
  platform: Platform
  terminal: Terminal
  runActions: boolean
  debug: readonly DebugWish[]
}

interface Followed {
  resource: FunctionResource
  watch: CodeWatch | undefined
  /** Ends its log and its debugging. */
  gone: AbortController
}

/** The s.yaml in the queue of what changed; no function has such a name. */
const theFile = ' s.yaml'
/** A file that an editor replaces is not there, or has another length, for an instant, just when the code is packed. */
const attemptsMax = 3

/** Resolves when the terminal's user has had enough. Throws `CommandFailed` for a file that cannot be read at the start. */
export async function localLoop({
  file,
  only,
  platform,
  terminal,
  runActions,
  debug,
}: LoopSettings): Promise<void> {
  const { clock, signal } = terminal
  const folder = dirname(file)
  const followed = new Map<string, Followed>()
  const background = new Set<Promise<void>>()
  const settings: DeploySettings = { platform, terminal, folder, onlyPlan: false, prune: false, runActions }

  const time = () => new Date(clock.now()).toTimeString().slice(0, 8)
  const keep = (work: Promise<void>) => {
    background.add(work)
    void work.finally(() => background.delete(work))
  }

  function follow(resource: FunctionResource): void {
    const { functionName, code } = resource
    const gone = new AbortController()
    const known = followed.get(functionName)
    if (known && sameCode(known.resource, resource)) {
      known.resource = resource
      return
    }
    if (known) forget(known)
    const codePath = code.from === 'path' ? resolve(folder, code.path) : undefined
    const watch =
      codePath === undefined
        ? undefined
        : watchCode(codePath, {
            clock,
            changed: () => changes.add(functionName),
            note: (problem) => terminal.note(problem),
          })
    followed.set(functionName, { resource, watch, gone })
    const both = AbortSignal.any([gone.signal, signal])
    const line = (message: string) => terminal.print(`${functionName.padEnd(width())} | ${message}`)
    keep(followLogs({ platform, terminal, functionName, signal: both, line }))
    const wishAt = debug.findIndex(({ name }) => name === functionName || name === resource.name)
    if (wishAt < 0) return
    const runtime = String(resource.spec['runtime'])
    const port = debug[wishAt]!.port ?? standardPort(runtime) + wishAt
    keep(
      keepDebuggable({ platform, terminal, functionName, port, codePath: codePath ?? folder, signal: both }),
    )
  }

  const width = () => Math.max(...[...followed.keys()].map((name) => name.length))

  function forget({ resource, watch, gone }: Followed): void {
    followed.delete(resource.functionName)
    watch?.close()
    gone.abort()
  }

  /** One line for what was done, none for nothing, and for a failure what went wrong. */
  async function redeploy({ resource }: Followed): Promise<void> {
    const { functionName } = resource
    const startedMs = clock.monotonicMs()
    const done: string[] = []
    const quiet: Terminal = {
      ...terminal,
      print: (line) => void done.push(line),
      note: (line) => {
        if (!/^(note|warning): /.test(line)) terminal.note(line)
      },
    }
    const isDone = await attempt(
      () => deployFunction(resource, { ...settings, terminal: quiet }),
      functionName,
    )
    const changes = done.filter((line) => /^\s*[+~-] |^ {4}\S/.test(line)).map((line) => line.trim())
    if (!isDone || changes.length === 0) return
    const tookMs = Math.round(clock.monotonicMs() - startedMs)
    const what = changes
      .map((line) => line.replace(`~ ${functionName}: update`, '').replace('code: code', 'code').trim())
      .filter(Boolean)
    terminal.print(`${time()} ${functionName}: reloaded in ${tookMs} ms (${what.join('; ')})`)
  }

  /** False when it failed, which was said. */
  async function attempt(work: () => Promise<boolean>, what: string): Promise<boolean> {
    for (let attempts = 1; ; attempts++) {
      try {
        return await work()
      } catch (error) {
        if (signal.aborted) return false
        const { code, message } = error as NodeJS.ErrnoException
        const isPassing = code === 'ENOENT' || error instanceof CodeChanged
        if (isPassing && attempts < attemptsMax) continue
        if (!(error instanceof CommandFailed) && code === undefined) throw error
        terminal.note(`${time()} ${what}: ${message}`)
        return false
      }
    }
  }

  /** What is saved before it is watched is not told: it is looked at once more afterwards. */
  async function begin(resource: FunctionResource): Promise<void> {
    await attempt(() => deployFunction(resource, settings), resource.functionName)
    follow(resource)
    await followed.get(resource.functionName)?.watch?.ready
  }

  const read = async () => (await readResources(file, only, platform, terminal)).functions

  async function reread(): Promise<boolean> {
    const resources = await read()
    const names = new Set(resources.map(({ functionName }) => functionName))
    for (const known of [...followed.values()]) {
      if (names.has(known.resource.functionName)) continue
      terminal.print(`${time()} ${known.resource.functionName}: no longer in the file; left on the platform`)
      forget(known)
    }
    for (const resource of resources) {
      const isNew = !followed.has(resource.functionName)
      if (isNew) await begin(resource)
      else follow(resource)
      changes.add(resource.functionName)
    }
    return true
  }

  const failure = Promise.withResolvers<never>()
  const changes = oneByOne(async (name) => {
    if (signal.aborted) return
    try {
      const known = followed.get(name)
      if (name === theFile) await attempt(reread, basename(file))
      else if (known) await redeploy(known)
    } catch (error) {
      // A defect of ours: the command ends with it.
      failure.reject(error)
    }
  })

  const fileWatch = watchCode(file, {
    clock,
    changed: () => changes.add(theFile),
    note: (problem) => terminal.note(problem),
  })
  try {
    const resources = await read()
    for (const { name } of debug) {
      if (resources.every((it) => it.name !== name && it.functionName !== name))
        throw new CommandFailed(`The file has no function ${name} to debug.`)
    }
    await fileWatch.ready
    for (const resource of resources) {
      if (signal.aborted) return
      await begin(resource)
    }
    // What was saved while all this was put together.
    for (const { functionName } of resources) changes.add(functionName)
    terminal.note(
      `watching ${resources.length === 1 ? 'one function' : `${resources.length} functions`}; Ctrl-C ends it`,
    )
    await Promise.race([aborted(signal), failure.promise])
  } finally {
    fileWatch.close()
    for (const known of [...followed.values()]) forget(known)
    await changes.idle()
    await Promise.all(background)
  }
}

/** The same place of code, the same program: what follows the function can stay. */
const sameCode = (a: FunctionResource, b: FunctionResource): boolean =>
  JSON.stringify([a.name, a.code, a.spec['runtime']]) === JSON.stringify([b.name, b.code, b.spec['runtime']])

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
