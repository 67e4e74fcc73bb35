import type { Logger } from '../../../lib/logger.ts'
import { sweepDisks } from './disks.ts'
import { sweepNetwork } from './network.ts'
import { openCgroups } from './open-cgroups.ts'

export const groupName = (ownerId: string): string => `hanshu-${ownerId}`

/**
 * Removes what an owner of this name left when it was killed: processes and their control groups, the network, disks.
 * Mounts are gone with its mount namespace. The caller makes sure that no owner of this name is alive.
 */
export async function sweepOwner(settings: { ownerId: string; diskDir: string }, log: Logger): Promise<void> {
  const { ownerId, diskDir } = settings
  const cgroups = openCgroups(groupName(ownerId))
  const names = cgroups.names()
  if (names.length > 0) {
    log.warn(
      { instances: names.length },
      'an earlier platform was killed: what is left of its instances is removed',
    )
  }
  for (const name of names) {
    const group = cgroups.open(name)
    await group.killAll()
    await group.remove()
  }
  await cgroups.remove()
  await Promise.all([sweepNetwork(ownerId), sweepDisks(diskDir)])
}
