import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import type { Logger } from '../../../lib/logger.ts'
import { NoDiskRoom } from '../../../ports/sandbox.ts'
import { findProgram, runProgram } from '../run-program.ts'
import { type DiskRoomSettings, diskRoom, freeBytesOf } from './disk-room.ts'
import type { MountHelper } from './mount-helper.ts'

/** Writable disks of instances, mounted with mode 1777. */
export interface Disks {
  /** `image`: a file system of its own in a sparse file, not charged as memory. `memory`: a tmpfs, which is. */
  readonly kind: 'image' | 'memory'
  /**
   * Mounts an empty disk of that size at `target`; answers what removes its file. Unmounting is the caller's. Rejects with
   * `NoDiskRoom`.
   */
  mount(name: string, sizeMb: number, target: string): Promise<() => Promise<void>>
}

/** No journal: the disk never outlives its instance. Few blocks are written, so that a copy is quick. */
const MKFS = ['-q', '-F', '-m', '0', '-O', '^has_journal,^resize_inode', '-E', 'lazy_itable_init=1,nodiscard']
/** One inode for so many bytes, as mkfs does by default. */
const BYTES_PER_INODE = 16_384

const TEMPLATE = /^template-\d+\.img$/

export async function openDisks(
  settings: { diskDir: string; stagingDir: string; defaultSizeMb: number; room: DiskRoomSettings },
  mounts: MountHelper,
  log: Logger,
): Promise<Disks> {
  const { diskDir, stagingDir, defaultSizeMb } = settings
  await mkdir(diskDir, { recursive: true, mode: 0o700 })
  const mkfs = await findProgram('mkfs.ext4')
  const room = diskRoom(settings.room, () => freeBytesOf(diskDir))
  const templates = new Map<number, Promise<string>>()

  function template(sizeMb: number): Promise<string> {
    let made = templates.get(sizeMb)
    if (!made) {
      made = makeTemplate(mkfs!, `${diskDir}/template-${sizeMb}.img`, sizeMb)
      templates.set(sizeMb, made)
      made.catch(() => templates.delete(sizeMb))
    }
    return made
  }

  const images: Disks = {
    kind: 'image',
    async mount(name, sizeMb, target) {
      const image = `${diskDir}/${name}.img`
      const remove = async () => {
        await rm(image, { force: true })
        room.giveBack(image)
      }
      await room.promise(image, sizeMb)
      try {
        await mounts.mountDisk(await template(sizeMb), image, target)
      } catch (error) {
        await remove()
        throw error
      }
      return remove
    },
  }

  if (mkfs) {
    try {
      const remove = await images.mount('probe', defaultSizeMb, stagingDir)
      await mounts.unmount(stagingDir)
      await remove()
      return images
    } catch (error) {
      // Memory is no way out: what is missing is found by the operator, and the next instance is tried again.
      if (error instanceof NoDiskRoom) {
        log.warn({ error }, 'there is no room for disks of instances')
        return images
      }
      log.warn({ error }, 'disk images cannot be mounted here: /tmp of instances is kept in memory')
    }
  } else {
    log.warn({}, 'mkfs.ext4 is missing: /tmp of instances is kept in memory')
  }
  return {
    kind: 'memory',
    async mount(_name, sizeMb, target) {
      await mounts.mountTmpfs(target, `size=${sizeMb}m,mode=1777`)
      return async () => {}
    },
  }
}

async function makeTemplate(mkfs: string, path: string, sizeMb: number): Promise<string> {
  const unfinished = `${path}.new`
  await rm(unfinished, { force: true })

  await writeFile(unfinished, '')
  await truncate(unfinished, sizeMb * 1024 * 1024)
  await runProgram(mkfs, [...MKFS, '-i', String(BYTES_PER_INODE), unfinished])
  await openToAll(unfinished)
  await rename(unfinished, path)
  return path
}

/** The root folder of a new file system belongs to root alone; the inode is edited, which needs no mount. */
async function openToAll(image: string): Promise<void> {
  const debugfs = await findProgram('debugfs')
  if (!debugfs) throw new Error('debugfs, which comes with mkfs.ext4, is missing')
  await runProgram(debugfs, ['-w', '-f', '-', image], 'set_inode_field / mode 041777\nrmdir lost+found\n')
}

/** Removes the disks that instances of an earlier owner left. Templates are kept. */
export async function sweepDisks(diskDir: string): Promise<void> {
  for (const name of await readdir(diskDir).catch(() => [])) {
    if (!TEMPLATE.test(name) && name.includes('.img')) await rm(`${diskDir}/${name}`, { force: true })
  }
  // A device lets go of its file when its mount is gone; one whose mount never came about is told to.
  const losetup = await findProgram('losetup')
  if (!losetup) return
  for (const device of await readdir('/sys/block').catch(() => [])) {
    const backing = await readFile(`/sys/block/${device}/loop/backing_file`, 'utf8').catch(() => '')
    if (backing.startsWith(`${diskDir}/`)) await runProgram(losetup, ['-d', `/dev/${device}`])
  }
}
