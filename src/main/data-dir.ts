import { join, resolve } from 'node:path'
import { lockDataDir } from '../drivers/embedded/data-dir.ts'
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
  /** For code that is unpacked. */
  codeDir: string
  /** Written when the platform is up. */
  readyFiles: readonly string[]
}

export async function takeDataDir({ config, closing }: Starting): Promise<TakenDataDir> {
  const dataDir = resolve(config.HANSHU_DATA)
  const ephemeral = config.HANSHU_EPHEMERAL
  const before = namesBefore(dataDir)
  const owned = lockDataDir(dataDir)
  closing.push(() => owned.release())
  const earlier = endEarlierStay(dataDir)
  if (ephemeral) closing.push(beginStay(dataDir, earlier ?? { before }))
  const readyFiles = [
    join(dataDir, 'ready.json'),
    ...(config.HANSHU_READY_FILE === undefined ? [] : [resolve(config.HANSHU_READY_FILE)]),
  ]
  for (const file of readyFiles) await clearReadyFile(file)
  const codeDir = join(dataDir, ephemeral ? `${ephemeralFolder}/code` : 'code')
  return { dataDir, codeDir, readyFiles }
}
