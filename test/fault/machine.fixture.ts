/** What a platform has on the machine, found without asking the platform: it is looked for by the name of its data folder. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, realpath } from 'node:fs/promises'
import { promisify } from 'node:util'
import { api } from '../conformance/conformance.fixture.ts'
import type { Platform } from '../platform.fixture.ts'

const run = promisify(execFile)
const shortHash = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length)

/** The names that everything of this data folder carries on the machine. */
export interface Owner {
  dataDir: string
  group: string
  linkPrefix: string
  table: string
}

export async function ownerOf(dataDir: string): Promise<Owner> {
  const folder = await realpath(dataDir)
  const id = shortHash(folder, 8)
  const tag = shortHash(id, 6)
  return { dataDir: folder, group: `hanshu-${id}`, linkPrefix: `hs${tag}`, table: `hanshu_${tag}` }
}

/** Resident memory of a process in megabytes. */
export async function rssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1024
}

export interface Status {
  instances: { functionName: string; instanceId: string; state: string; served: number }[]
  pools: { image: string; ready: number; booting: number; wanted: number }[]
  asyncQueueDepth: number
}

export async function statusOf(platform: Platform): Promise<Status> {
  const { status, text } = await api(platform, 'GET', '/hanshu/status')
  if (status !== 200) throw new Error(`the status cannot be read: ${text}`)
  return JSON.parse(text)
}

/** Names of the instances that have control groups (oci) or processes (process). */
export async function instancesOnMachine(owner: Owner, sandbox: string): Promise<string[]> {
  if (sandbox === 'process') return [...new Set((await marked(owner)).map(({ instanceId }) => instanceId))]
  const names = new Set<string>()
  for (const controller of await readdir('/sys/fs/cgroup')) {
    const entries = await readdir(`/sys/fs/cgroup/${controller}/${owner.group}`, {
      withFileTypes: true,
    }).catch(() => [])
    for (const entry of entries) if (entry.isDirectory()) names.add(entry.name)
  }
  return [...names]
}

/** Processes whose environment, command or folder is of this data folder, the given ones left out. Zombies count. */
export async function processesOf(owner: Owner, except: readonly number[] = []): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (except.includes(Number(pid)) || Number(pid) === process.pid) continue
    const [command, environment, groups] = await Promise.all(
      ['cmdline', 'environ', 'cgroup'].map((file) =>
        readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => ''),
      ),
    )
    const belongs =
      groups!.includes(`/${owner.group}/`) ||
      command!.includes(owner.dataDir) ||
      environment!.split('\0').some((variable) => variable.includes(owner.dataDir))
    if (belongs) found.push(`${pid} ${command!.replaceAll('\0', ' ').trim()}`)
  }
  return found
}

async function marked(owner: Owner): Promise<{ pid: number; instanceId: string }[]> {
  const found: { pid: number; instanceId: string }[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const variables = (await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')).split('\0')
    const instanceId = variables.find((variable) => variable.startsWith('HANSHU_INSTANCE='))?.slice(16)
    if (instanceId !== undefined && variables.some((variable) => variable.includes(owner.dataDir)))
      found.push({ pid: Number(pid), instanceId })
  }
  return found
}

/** Everything of this owner: control groups, mounts, loop devices, links, tables, processes. Sorted, in words. */
export async function traces(owner: Owner, { processes = true } = {}): Promise<string[]> {
  const groups: string[] = []
  for (const controller of await readdir('/sys/fs/cgroup')) {
    const folder = `/sys/fs/cgroup/${controller}`
    for (const name of await readdir(folder).catch(() => []))
      if (name === owner.group) groups.push(`control group ${folder}/${name}`)
  }
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter((line) => line.includes(owner.dataDir) || line.includes(owner.group))
  const devices: string[] = []
  for (const device of await readdir('/sys/block')) {
    const backing = await readFile(`/sys/block/${device}/loop/backing_file`, 'utf8').catch(() => '')
    if (backing.startsWith(owner.dataDir)) devices.push(`loop device ${device} ${backing.trim()}`)
  }
  const links = (await run('ip', ['-j', 'link'])).stdout
  const names: string[] = JSON.parse(links).map(({ ifname }: { ifname: string }) => ifname)
  const namespaces = (await run('ip', ['netns', 'list'])).stdout
  const tables = (await run('nft', ['list', 'tables'])).stdout
  return [
    ...groups,
    ...mounts.map((line) => `mount ${line}`),
    ...devices,
    ...names.filter((name) => name.startsWith(owner.linkPrefix)).map((name) => `link ${name}`),
    ...namespaces
      .split('\n')
      .filter((line) => line.startsWith(owner.linkPrefix))
      .map((line) => `network namespace ${line}`),
    ...tables
      .split('\n')
      .filter((line) => line.endsWith(owner.table))
      .map((line) => `firewall ${line}`),
    ...(processes ? (await processesOf(owner)).map((text) => `process ${text}`) : []),
  ].sort()
}
