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

const CPU_WEIGHT = { low: 10, normal: 100 }
export const V2_CONTROLLERS = ['memory', 'cpu', 'pids'] as const

/**
 * The one hierarchy of version 2. Freezing and killing need no controller, limits do; a controller the kernel does not
 * offer here stops the start, because an instance without limits is not what was asked for.
 */
export function cgroupsV2(
  owner: string,
  mount: string,
  controllers: readonly string[] = V2_CONTROLLERS,
): Cgroups {
  const root = `${mount}/${owner}`

  function prepareRoot(): void {
    if (existsSync(root)) return
    const offered = readFileSync(`${mount}/cgroup.controllers`, 'utf8').trim().split(' ')
    const missing = controllers.filter((controller) => !offered.includes(controller))
    if (missing.length > 0) throw new Error(`control groups do not offer ${missing.join(', ')} here`)
    const enable = controllers.map((controller) => `+${controller}`).join(' ')
    if (enable) writeControl(`${mount}/cgroup.subtree_control`, enable)
    makeGroup(root)
    if (enable) writeControl(`${root}/cgroup.subtree_control`, enable)
  }

  return {
    owner,
    version: 'v2',
    create(name, boot) {
      prepareRoot()
      makeGroup(`${root}/${name}`)
      const group = open(name)
      group.setLimits(boot)
      return group
    },
    names: () => groupNames(root),
    open,
    remove: () => removeGroup(root),
  }

  function open(name: string): Cgroup {
    const folder = `${root}/${name}`
    const pids = (): number[] => groupPids(folder)
    const { freeze, thaw } = freezer({
      set(frozen) {
        if (existsSync(folder)) writeControl(`${folder}/cgroup.freeze`, frozen ? 1 : 0)
      },
      isFrozen: () => readKey(`${folder}/cgroup.events`, 'frozen') === 1,
    })
    const killAtOnce = (): void => {
      thaw()
      // Since Linux 5.14; before it, one signal after the other.
      if (existsSync(`${folder}/cgroup.kill`)) writeControl(`${folder}/cgroup.kill`, 1)
    }

    return {
      procsFiles: [`${folder}/cgroup.procs`],
      setLimits(limits: CgroupLimits) {
        if (controllers.includes('memory')) {
          writeControl(`${folder}/memory.max`, limits.memoryBytes)
          // Absent where the kernel has no swap.
          if (existsSync(`${folder}/memory.swap.max`)) writeControl(`${folder}/memory.swap.max`, 0)
        }
        if (controllers.includes('cpu')) {
          writeControl(`${folder}/cpu.weight`, CPU_WEIGHT[limits.priority])
          const quotaUs = Math.max(1000, Math.round(limits.cpu * CPU_PERIOD_US))
          writeControl(`${folder}/cpu.max`, `${quotaUs} ${CPU_PERIOD_US}`)
        }
        if (controllers.includes('pids')) writeControl(`${folder}/pids.max`, limits.pidsMax)
      },
      freeze,
      thaw,
      pids,
      killAll: () => killUntilEmpty(pids, killAtOnce),
      usage() {
        const cpuMs = readKey(`${folder}/cpu.stat`, 'usage_usec') / 1000
        if (!controllers.includes('memory')) return { memoryBytes: 0, memoryPeakBytes: 0, cpuMs }
        const cached = readKey(`${folder}/memory.stat`, 'inactive_file')
        const used = readNumber(`${folder}/memory.current`) - cached
        // memory.peak is there since Linux 5.19.
        const peakFile = `${folder}/memory.peak`
        const peak = existsSync(peakFile) ? readNumber(peakFile) - cached : used
        return { memoryBytes: used, memoryPeakBytes: Math.max(used, peak), cpuMs }
      },
      hitMemoryLimit: () => controllers.includes('memory') && readKey(`${folder}/memory.events`, 'max') > 0,
      oomKills: () => (controllers.includes('memory') ? readKey(`${folder}/memory.events`, 'oom_kill') : 0),
      remove: () => removeGroup(folder),
    }
  }
}
