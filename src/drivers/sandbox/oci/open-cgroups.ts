import { readFileSync } from 'node:fs'
import type { Cgroups } from './cgroup.ts'
import { cgroupsV1 } from './cgroups-v1.ts'
import { cgroupsV2 } from './cgroups-v2.ts'

export interface CgroupMounts {
  /** Mount point by controller, of version 1. */
  v1: ReadonlyMap<string, string>
  v2: string | undefined
}

/** Reads `/proc/self/mountinfo`. */
export function cgroupMounts(mountinfo: string): CgroupMounts {
  const v1 = new Map<string, string>()
  let v2: string | undefined
  for (const line of mountinfo.split('\n')) {
    const [mount, filesystem] = line.split(' - ')
    const mountPoint = mount?.split(' ')[4]
    const [type, , options] = filesystem?.split(' ') ?? []
    if (!mountPoint) continue
    if (type === 'cgroup2') v2 = mountPoint
    if (type === 'cgroup') for (const option of options?.split(',') ?? []) v1.set(option, mountPoint)
  }
  return { v1, v2 }
}

export function openCgroups(
  owner: string,
  mountinfo = readFileSync('/proc/self/mountinfo', 'utf8'),
): Cgroups {
  const mounts = cgroupMounts(mountinfo)
  if (mounts.v1.has('memory') && mounts.v1.has('pids')) return cgroupsV1(owner, mounts.v1)
  if (mounts.v2) return cgroupsV2(owner, mounts.v2)
  throw new Error('no control groups are mounted here: the oci sandbox cannot limit instances')
}
