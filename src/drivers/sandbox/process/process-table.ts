import { readdir, readFile } from 'node:fs/promises'
import { runProgram } from '../run-program.ts'

export interface ProcessFacts {
  pid: number
  parentPid: number
  groupId: number
  cpuMs: number
  memoryBytes: number
  memoryPeakBytes: number
}

/** Linux counts processor time in ticks of 1/100 s for user programs on every architecture we run on. */
const MS_PER_TICK = 10

/** Every process with that variable in the environment it was started with: a child keeps it, whatever its group. */
export const MARKER = 'HANSHU_INSTANCE'

/**
 * The processes of an instance: the group of the first one and, on Linux, whoever carries the marker, so that a child
 * which started a session of its own is still found.
 */
export async function processesOf(instanceId: string, groupId: number | undefined): Promise<ProcessFacts[]> {
  if (process.platform !== 'linux') return fromPs(groupId)
  const found = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => look(Number(pid), instanceId, groupId)),
  )
  return found.filter((facts) => facts !== undefined)
}

async function look(
  pid: number,
  instanceId: string,
  groupId: number | undefined,
): Promise<ProcessFacts | undefined> {
  if (pid === process.pid) return undefined
  try {
    const stat = await readStat(pid)
    if (stat.state === 'Z') return undefined
    const belongs =
      stat.groupId === groupId ||
      (await readFile(`/proc/${pid}/environ`, 'latin1')).split('\0').includes(`${MARKER}=${instanceId}`)
    if (!belongs) return undefined
    return await factsOf(pid, stat)
  } catch (error) {
    return unlessGone(error)
  }
}

async function factsOf(pid: number, stat: Stat): Promise<ProcessFacts> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kb = (key: string): number => Number(status.match(new RegExp(`^${key}:\\s+(\\d+)`, 'm'))?.[1] ?? 0)
  return {
    pid,
    parentPid: stat.parentPid,
    groupId: stat.groupId,
    cpuMs: stat.ticks * MS_PER_TICK,
    memoryBytes: kb('VmRSS') * 1024,
    memoryPeakBytes: kb('VmHWM') * 1024,
  }
}

/** It ended while we looked, or belongs to someone whose processes we may not see. */
function unlessGone(error: unknown): undefined {
  if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? ''))
    return undefined
  throw error
}

type Stat = Awaited<ReturnType<typeof readStat>>

export interface OwnedProcess {
  /** `ownerOf` its instance. */
  owner: string
  facts: ProcessFacts
}

/** Elsewhere than on Linux the environment is not shown, and an instance is its group. */
export const ownerOf = (instanceId: string, groupId: number): string =>
  process.platform === 'linux' ? instanceId : `group ${groupId}`

/** Every process of every instance on this machine, in one look. */
export async function allProcesses(): Promise<OwnedProcess[]> {
  if (process.platform !== 'linux')
    return (await allFromPs()).map((facts) => ({ owner: ownerOf('', facts.groupId), facts }))
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const seen = await Promise.all(
    pids.map(async (pid) => {
      if (pid === process.pid) return undefined
      try {
        const stat = await readStat(pid)
        return stat.state === 'Z' ? undefined : { pid, stat, marker: await markerOf(pid) }
      } catch (error) {
        return unlessGone(error)
      }
    }),
  )
  const there = seen.filter((one) => one !== undefined)
  const ofGroup = new Map<number, string>()
  for (const { pid, stat, marker } of there)
    if (marker !== undefined && stat.groupId === pid) ofGroup.set(pid, marker)
  const owned = there.map(async ({ pid, stat, marker = ofGroup.get(stat.groupId) }) =>
    marker === undefined ? undefined : { owner: marker, facts: await factsOf(pid, stat).catch(unlessGone) },
  )
  return (await Promise.all(owned)).filter(
    (one): one is OwnedProcess => one !== undefined && one.facts !== undefined,
  )
}

async function markerOf(pid: number): Promise<string | undefined> {
  const prefix = `${MARKER}=`
  const variables = await readFile(`/proc/${pid}/environ`, 'latin1').catch(unlessGone)
  return variables
    ?.split('\0')
    .find((variable) => variable.startsWith(prefix))
    ?.slice(prefix.length)
}

async function readStat(pid: number) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The name in parentheses may hold anything; the fields are counted from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const number = (at: number): number => Number(fields[at])
  return {
    state: fields[0],
    parentPid: number(1),
    groupId: number(2),
    // utime, stime, and the same of children that were waited for
    ticks: number(11) + number(12) + number(13) + number(14),
    startTime: number(19),
  }
}

/** Something that differs between two processes that had the same id one after the other. */
export async function startMark(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    return readStat(pid).then(
      (stat) => String(stat.startTime),
      () => undefined,
    )
  }
  return runProgram('ps', ['-o', 'lstart=', '-p', String(pid)]).then(
    (text) => text.trim() || undefined,
    () => undefined,
  )
}

async function fromPs(groupId: number | undefined): Promise<ProcessFacts[]> {
  return (await allFromPs()).filter((facts) => facts.groupId === groupId)
}

async function allFromPs(): Promise<ProcessFacts[]> {
  const text = await runProgram('ps', ['-axo', 'pid=,ppid=,pgid=,rss=,time=,stat='])
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 6 && !fields[5]!.startsWith('Z'))
    .map(([pid, parentPid, group, rssKb, time]) => ({
      pid: Number(pid),
      parentPid: Number(parentPid),
      groupId: Number(group),
      cpuMs: time!.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) * 1000,
      memoryBytes: Number(rssKb) * 1024,
      memoryPeakBytes: Number(rssKb) * 1024,
    }))
}
