/**
 * Disks of instances are sparse files, so that hundreds of them are promised what few of them use. What all of them may
 * still grow by is bounded here: a disk whose host has no room left does not answer ENOSPC inside, it breaks.
 */
import { stat, statfs } from 'node:fs/promises'
import { NoDiskRoom } from '../../../ports/sandbox.ts'

export interface DiskRoomSettings {
  /** What instances leave to everything else on that disk: no disk is made when less than this is free. */
  reserveMb: number
  /** How many times the free room may be promised. 1: never more than there is. */
  overcommit: number
}

export interface DiskRoom {
  /** Rejects with `NoDiskRoom` when a disk of that size cannot be promised. */
  promise(image: string, sizeMb: number): Promise<void>
  giveBack(image: string): void
}

const MB = 1024 * 1024

export function diskRoom(
  { reserveMb, overcommit }: DiskRoomSettings,
  freeBytes: () => Promise<number>,
): DiskRoom {
  const promised = new Map<string, number>()

  /** What all disks may still grow by. A file that is gone, or not there yet, has taken nothing. */
  async function unwrittenBytes(): Promise<number> {
    const left = [...promised].map(async ([image, bytes]) => {
      const written = await stat(image).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      )
      return Math.max(0, bytes - written)
    })
    return (await Promise.all(left)).reduce((sum, bytes) => sum + bytes, 0)
  }

  async function judge(sizeMb: number): Promise<void> {
    const roomBytes = (await freeBytes()) - reserveMb * MB
    if (roomBytes < 0) {
      throw new NoDiskRoom(`less than ${reserveMb} MB are free where the disks of instances are kept`)
    }
    const mostBytes = roomBytes * overcommit
    const sum = () => [...promised.values()].reduce((total, bytes) => total + bytes, 0)
    // What has been written is promised no longer, it is used; only when it could matter is every file looked at.
    if (sum() > mostBytes && (await unwrittenBytes()) > mostBytes) {
      throw new NoDiskRoom(
        `the disks of all instances may not grow to more than ${overcommit} times the free room (${Math.floor(roomBytes / MB)} MB), and one of ${sizeMb} MB more would`,
      )
    }
  }

  return {
    async promise(image, sizeMb) {
      // Before the first wait: disks that are asked for at once count one another.
      promised.set(image, sizeMb * MB)
      try {
        await judge(sizeMb)
      } catch (error) {
        promised.delete(image)
        throw error
      }
    },
    giveBack: (image) => void promised.delete(image),
  }
}

/** Of the file system that holds the folder, as far as ordinary users may fill it. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
