import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { killUntilNone } from '../kill.ts'
import { poll } from '../poll.ts'

/** Control groups of one owner, `/<owner>/<name>` in every hierarchy, whatever version the kernel runs. */
export interface Cgroups {
  readonly owner: string
  readonly version: 'v1' | 'v2'
  /** Makes the group of an instance, with generous limits until it is bound. */
  create(name: string, boot: CgroupLimits): Cgroup
  /** Names of the groups that exist, also those of an earlier owner of the same name. */
  names(): string[]
  open(name: string): Cgroup
  /** Removes the owner's own, empty group. */
  remove(): Promise<void>
}

export interface CgroupLimits {
  memoryBytes: number
  /** vCPUs, fractions allowed. */
  cpu: number
  pidsMax: number
  /** Share of a busy machine: a booting instance steps back behind those that work. */
  priority: 'low' | 'normal'
}

/**
 * Files of the cgroup file system are answered by the kernel in microseconds and touch no disk, so they are read and
 * written synchronously: a hop over the thread pool would cost more than the work.
 */
export interface Cgroup {
  /** A process that writes its id to each of these files is a member. */
  readonly procsFiles: readonly string[]
  setLimits(limits: CgroupLimits): void
  freeze(): Promise<void>
  thaw(): void
  pids(): number[]
  /** Resolves when no process is left, frozen or not. */
  killAll(): Promise<void>
  usage(): { memoryBytes: number; memoryPeakBytes: number; cpuMs: number }
  oomKills(): number
  /** True when the limit of memory was reached at least once, whatever came of it. */
  hitMemoryLimit(): boolean
  remove(): Promise<void>
}

export const CPU_PERIOD_US = 100_000
const FREEZE_TIMEOUT_MS = 5_000
const FREEZE_TURNS = 50
const FREEZE_AGAIN_TURNS = 10
const KILL_TIMEOUT_MS = 30_000
const REMOVE_TIMEOUT_MS = 10_000

export function writeControl(file: string, value: string | number): void {
  try {
    writeFileSync(file, String(value), { flag: 'r+' })
  } catch (error) {
    throw new Error(`${file} did not take ${value}`, { cause: error })
  }
}

export const readNumber = (file: string): number => Number(readFileSync(file, 'utf8').trim())

/** A line `name value` of a flat keyed file such as memory.stat; 0 when there is none. */
export function readKey(file: string, key: string): number {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((candidate) => candidate.startsWith(`${key} `))
  return Number(line?.split(' ')[1] ?? 0)
}

export const makeGroup = (folder: string): void => void mkdirSync(folder, { recursive: true })

export function groupNames(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

/** Processes of a group and of the groups in it: runc makes one of its own. */
export function groupPids(folder: string): number[] {
  try {
    const own = readFileSync(`${folder}/cgroup.procs`, 'utf8').split('\n').filter(Boolean).map(Number)
    return [...own, ...groupNames(folder).flatMap((name) => groupPids(`${folder}/${name}`))]
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

/** `beforeEach`: before the processes are looked for, each time. */
export async function killUntilEmpty(pids: () => number[], beforeEach: () => void): Promise<void> {
  const looked = (): number[] => {
    beforeEach()
    return pids()
  }
  if (!(await killUntilNone(looked, KILL_TIMEOUT_MS)))
    throw new Error(`processes ${pids().join(', ')} did not die`)
}

/**
 * Freezes a group and lets it go. A thaw overtakes a freeze that is still under way: the freeze ends, and nothing is
 * frozen after it, since whoever thaws is about to call.
 * `again` freezes anew; it is called now and then while a freeze takes long.
 */
export function freezer(kernel: { set(frozen: boolean): void; isFrozen(): boolean; again?(): void }): {
  freeze(): Promise<void>
  thaw(): void
} {
  let wanted = false
  const set = (frozen: boolean): void => {
    wanted = frozen
    kernel.set(frozen)
  }
  const isOver = (): boolean => !wanted || kernel.isFrozen()

  return {
    async freeze() {
      set(true)
      // Mostly a matter of microseconds: a timer would be longer.
      for (let turn = 0; turn < FREEZE_TURNS; turn++) {
        if (isOver()) return
        await nextTurn()
      }
      let turns = 0
      const frozen = await poll(() => {
        if (isOver()) return true
        if (++turns % FREEZE_AGAIN_TURNS === 0) kernel.again?.()
        return false
      }, FREEZE_TIMEOUT_MS)
      if (!frozen) throw new Error('the sandbox did not freeze in time')
    },
    thaw: () => set(false),
  }
}

/** The kernel lets go of a group some moments after its last process died. */
export async function removeGroup(folder: string): Promise<void> {
  let last: unknown
  const removed = await poll(() => {
    try {
      for (const name of groupNames(folder)) rmdirSync(`${folder}/${name}`)
      rmdirSync(folder)
      return true
    } catch (error) {
      last = error
      return isGone(error)
    }
  }, REMOVE_TIMEOUT_MS)
  if (!removed) throw new Error(`the control group ${folder} cannot be removed`, { cause: last })
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENODEV'
}
