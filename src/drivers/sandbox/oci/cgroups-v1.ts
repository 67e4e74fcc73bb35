import { existsSync, readFileSync } from 'node:fs'
import {
  type Cgroup,
  type CgroupLimits,
  type Cgroups,
  CPU_PERIOD_US,
  freezer,
  groupNames,
  groupPids,
  killUntilEmpty,
  makeGroup,
  readKey,
  readNumber,
  removeGroup,
  writeControl,
} from './cgroup.ts'

const CONTROLLERS = ['memory', 'cpu', 'cpuacct', 'pids', 'freezer'] as const
/** The kernel charges in batches, so that the highest use that was seen stays a little below the limit. */
const NEAR_LIMIT_BYTES = 1_048_576
const CPU_SHARES = { low: 128, normal: 1024 }

/** One hierarchy for each controller, or several controllers in one (cpu,cpuacct). */
export function cgroupsV1(owner: string, mounts: ReadonlyMap<string, string>): Cgroups {
  for (const controller of CONTROLLERS) {
    if (!mounts.has(controller)) throw new Error(`the control group controller ${controller} is not mounted`)
  }
  const at = (controller: (typeof CONTROLLERS)[number]): string => `${mounts.get(controller)}/${owner}`
  const roots = [...new Set(CONTROLLERS.map(at))]
  // runc makes groups in every hierarchy; they are found and removed with ours.
  const everyRoot = [...new Set([...mounts.values()].map((mount) => `${mount}/${owner}`))]

  return {
    owner,
    version: 'v1',
    create(name, boot) {
      for (const root of roots) makeGroup(`${root}/${name}`)
      const group = open(name)
      group.setLimits(boot)
      return group
    },
    names: () => [...new Set(everyRoot.flatMap(groupNames))],
    open,
    remove: async () => void (await Promise.all(everyRoot.map(removeGroup))),
  }

  function open(name: string): Cgroup {
    const memory = `${at('memory')}/${name}`
    const cpu = `${at('cpu')}/${name}`
    const freezerFolder = `${at('freezer')}/${name}`
    const pidsFolder = `${at('pids')}/${name}`
    const folders = roots.map((root) => `${root}/${name}`)

    // A process that had not entered every hierarchy when its owner was killed is still found.
    const pids = (): number[] => [...new Set(folders.flatMap(groupPids))]
    const stateFile = `${freezerFolder}/freezer.state`
    const set = (frozen: boolean): void => {
      if (existsSync(freezerFolder)) writeControl(stateFile, frozen ? 'FROZEN' : 'THAWED')
    }
    const { freeze, thaw } = freezer({
      set,
      isFrozen: () => readFileSync(stateFile, 'utf8').trim() === 'FROZEN',
      // A process that forks at that moment can leave the group FREEZING for ever.
      again() {
        set(false)
        set(true)
      },
    })
    let memoryBytes = 0

    return {
      procsFiles: folders.map((folder) => `${folder}/cgroup.procs`),
      setLimits(limits: CgroupLimits) {
        const withSwap = `${memory}/memory.memsw.limit_in_bytes`
        const files = [`${memory}/memory.limit_in_bytes`, ...(existsSync(withSwap) ? [withSwap] : [])]
        // Memory with swap may never be below memory: the outer limit moves first when both grow. A new group has none.
        if (memoryBytes !== 0 && limits.memoryBytes > memoryBytes) files.reverse()
        for (const file of files) writeControl(file, limits.memoryBytes)
        memoryBytes = limits.memoryBytes
        writeControl(`${cpu}/cpu.shares`, CPU_SHARES[limits.priority])
        writeControl(`${cpu}/cpu.cfs_period_us`, CPU_PERIOD_US)
        writeControl(`${cpu}/cpu.cfs_quota_us`, Math.max(1000, Math.round(limits.cpu * CPU_PERIOD_US)))
        writeControl(`${pidsFolder}/pids.max`, limits.pidsMax)
      },
      freeze,
      thaw,
      pids,
      killAll: () => killUntilEmpty(pids, thaw),
      usage() {
        const cached = readKey(`${memory}/memory.stat`, 'total_inactive_file')
        const used = readNumber(`${memory}/memory.usage_in_bytes`) - cached
        const peak = readNumber(`${memory}/memory.max_usage_in_bytes`) - cached
        const cpuNs = readNumber(`${at('cpuacct')}/${name}/cpuacct.usage`)
        return { memoryBytes: used, memoryPeakBytes: Math.max(used, peak), cpuMs: cpuNs / 1e6 }
      },
      hitMemoryLimit: () =>
        readNumber(`${memory}/memory.max_usage_in_bytes`) >= memoryBytes - NEAR_LIMIT_BYTES,
      oomKills: () => readKey(`${memory}/memory.oom_control`, 'oom_kill'),
      remove: async () => void (await Promise.all(everyRoot.map((root) => removeGroup(`${root}/${name}`)))),
    }
  }
}
