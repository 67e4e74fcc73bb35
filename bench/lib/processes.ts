/** What processes use, as the kernel counts it. Linux only. */
import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ: what user space sees is always in hundredths of a second. */
const tickUs = 10_000

interface Stat {
  pid: number
  parent: number
  name: string
  /** Of the process and of its children that have ended. */
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
  const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0)
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

/** Processor time of a server until now; `front` is the process that clients talk to. */
export function cpuOf(root: number): { frontUs: number; restUs: number } {
  const stats = tree(root)
  const front = stats.find(({ pid }) => pid === root)
  const all = stats.reduce((sum, { cpuUs }) => sum + cpuUs, 0)
  return { frontUs: front?.cpuUs ?? 0, restUs: all - (front?.cpuUs ?? 0) }
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
