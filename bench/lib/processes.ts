/** What processes use, as the kernel counts it. Linux only. */
import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ: what user space sees is always in hundredths of a second. */
const tickUs = 10_000

interface Stat {
  pid: number
  parent: number
  name: string
  /** Its own, not that of children which have ended. */
  cpuUs: number
}

function readStat(pid: number): Stat | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    // It has ended since the folder was listed.
    return undefined
  }
  // The name is in parentheses and may hold any character; what is counted from its end is safe.
  const end = text.lastIndexOf(')')
  const fields = text.slice(end + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return {
    pid,
    parent: Number(fields[1]),
    name: text.slice(text.indexOf('(') + 1, end),
    cpuUs: ticks * tickUs,
  }
}

/** A process and all that descend from it. */
export function tree(root: number): Stat[] {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? [])
  const children = Map.groupBy(stats, ({ parent }) => parent)
  const found = stats.filter(({ pid }) => pid === root)
  for (const { pid } of found) found.push(...(children.get(pid) ?? []))
  return found
}

/** How often a meter looks: what starts and ends in between is not seen, and looking takes some milliseconds itself. */
const lookEveryMs = 250

/**
 * Processor time of a server and its descendants while it is watched. It is looked at again and again, because what an
 * instance has used is gone with its last process.
 */
export class CpuMeter {
  readonly #root: number
  readonly #first = new Map<number, number>()
  readonly #last = new Map<number, number>()
  readonly #timer: NodeJS.Timeout

  constructor(root: number) {
    this.#root = root
    for (const { pid, cpuUs } of tree(root)) this.#first.set(pid, cpuUs)
    this.#timer = setInterval(() => this.#look(), lookEveryMs)
  }

  /** Ends watching. `front` is the process that clients talk to. */
  stop(): { frontUs: number; restUs: number } {
    clearInterval(this.#timer)
    this.#look()
    let restUs = 0
    for (const pid of this.#last.keys()) if (pid !== this.#root) restUs += this.#used(pid)
    return { frontUs: this.#used(this.#root), restUs }
  }

  #look(): void {
    for (const { pid, cpuUs } of tree(this.#root)) this.#last.set(pid, cpuUs)
  }

  #used(pid: number): number {
    return (this.#last.get(pid) ?? 0) - (this.#first.get(pid) ?? 0)
  }
}

/** Memory of one process: `rss` counts shared pages in full, `pss` its share of them. 0 for one that has ended. */
export function memoryOf(pid: number): { rssBytes: number; pssBytes: number } {
  let text = ''
  try {
    text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  } catch {
    // It has ended.
  }
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
  return { rssBytes: kib('Rss') * 1024, pssBytes: kib('Pss') * 1024 }
}

export const pssOf = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + memoryOf(pid).pssBytes, 0)
