import { join, resolve } from 'node:path'
import { foldersOf } from '../config/config.ts'
import { lockDataDir } from '../drivers/embedded/data-dir.ts'
import { type DataFolder, lockDataFolders } from '../drivers/embedded/data-folders.ts'
import {
  beginStay,
  endEarlierStay,
  ephemeralFolder,
  namesBefore,
} from '../drivers/embedded/ephemeral-stay.ts'
import { clearReadyFile } from '../lib/ready-file.ts'
import type { Starting } from './starting.ts'

export interface TakenDataDir {
  /** Absolute; it belongs to this process alone. */
  dataDir: string
  /** This one and others, for objects. */
  folders: readonly DataFolder[]
  /** For code that is unpacked. */
  codeDir: string
  /** Written when the platform is up. */
  readyFiles: readonly string[]
}

export async function takeDataDir({ config, closing, log }: Starting): Promise<TakenDataDir> {
  const dirs = foldersOf(config.HANSHU_DATA).map((dir) => resolve(dir))
  const dataDir = dirs[0]!
  const ephemeral = config.HANSHU_EPHEMERAL
  const before = namesBefore(dataDir)
  // What is kept in memory is in no folder.
  const owned = ephemeral ? inMemory(dataDir) : lockDataFolders(dirs)
  closing.push(() => owned.release())
  if (owned.added.length > 0)
    log.warn({ folders: owned.added }, 'folders are new: what belongs in them is copied there')
  if (owned.left.length > 0)
    log.warn(
      { folders: owned.left },
      'folders of the last start are not named any more: copies in them are missing',
    )
  const earlier = endEarlierStay(dataDir)
  if (ephemeral) closing.push(beginStay(dataDir, earlier ?? { before }))
  const readyFiles = [
    join(dataDir, 'ready.json'),
    ...(config.HANSHU_READY_FILE === undefined ? [] : [resolve(config.HANSHU_READY_FILE)]),
  ]
  for (const file of readyFiles) await clearReadyFile(file)
  const codeDir = join(dataDir, ephemeral ? `${ephemeralFolder}/code` : 'code')
  return { dataDir, folders: owned.folders, codeDir, readyFiles }
}

const inMemory = (dir: string) => ({ ...lockDataDir(dir), folders: [], added: [], left: [] })
