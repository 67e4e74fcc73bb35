/** A thread that unpacks one package (unpack-zip-aside.ts) and tells how it ended. */
import { parentPort, workerData } from 'node:worker_threads'
import { type CodePackageLimits, InvalidCodePackage } from '../ports/code-packages.ts'
import { unpackZip } from './unpack-zip.ts'

export interface UnpackJob {
  zipFile: string
  folder: string
  limits: CodePackageLimits
}

export type Unpacked =
  | { is: 'done' }
  | { is: 'invalid'; reason: InvalidCodePackage['reason']; message: string }

const { zipFile, folder, limits } = workerData as UnpackJob

async function unpack(): Promise<Unpacked> {
  try {
    await unpackZip(zipFile, folder, limits)
    return { is: 'done' }
  } catch (error) {
    // Anything else is a defect or the disk's, and ends the thread with it.
    if (!(error instanceof InvalidCodePackage)) throw error
    return { is: 'invalid', reason: error.reason, message: error.message }
  }
}

parentPort!.postMessage(await unpack())
