import { mkdir, rm, rmdir, writeFile } from 'node:fs/promises'
import type { Disks } from './disks.ts'
import type { MountHelper } from './mount-helper.ts'
import { makeRoot } from './root-files.ts'
import type { RuntimeFlavour } from './runtime-flavour.ts'

/** Folders of an instance that code, layers and the disk are mounted on later; see the README about propagation. */
export interface Slot {
  slotDir: string
  codeDir: string
  optDir: string
  preparedDir: string
  tmpDir: string
}

/** Beside the vendor's own folders of a runtime, and of none of them: `/code` shows the function's files and no other. */
export const preparedDir = '/var/fc/prepared'

/** The folders lie as the program sees them: a slot can be the root of an instance. */
export function slotOf(slotsDir: string, instanceId: string): Slot {
  const slotDir = `${slotsDir}/${instanceId}`
  return {
    slotDir,
    codeDir: `${slotDir}/code`,
    optDir: `${slotDir}/opt`,
    preparedDir: `${slotDir}${preparedDir}`,
    tmpDir: `${slotDir}/tmp`,
  }
}

interface SlotShop {
  disks: Disks
  slowMounts: MountHelper
  defaultDiskMb: number
  runtime: { flavour: RuntimeFlavour }
}

/** Pushes to `undo` what takes it back, in reverse order. */
export async function makeSlot(
  slot: Slot,
  instanceId: string,
  shop: SlotShop,
  undo: (() => Promise<unknown>)[],
): Promise<void> {
  const folders = [slot.codeDir, slot.optDir, slot.preparedDir, slot.tmpDir]
  undo.push(async () => {
    // Never recursively: should a mount be left on one of them, its files are a function's code, and nothing goes on.
    await Promise.all(folders.map((folder) => rmdir(folder)))
    await rm(slot.slotDir, { recursive: true })
  })
  await mkdir(slot.slotDir)
  if (shop.runtime.flavour.slot === 'root') await makeRoot(slot.slotDir)
  await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true, mode: 0o755 })))
  const remove = await shop.disks.mount(instanceId, shop.defaultDiskMb, slot.tmpDir)
  undo.push(remove, () => shop.slowMounts.unmount(slot.tmpDir))
  if (shop.runtime.flavour.slot === 'root') await writeFile(markerOf(slot), '')
}

/** gVisor mounts a disk of its own, in memory, over a `/tmp` that it finds empty when it starts. */
const markerOf = (slot: Slot): string => `${slot.tmpDir}/.hanshu`

/** The runtime has seen the disk; the program has not. */
export const cleanSlot = (slot: Slot): Promise<void> => rm(markerOf(slot), { force: true })
