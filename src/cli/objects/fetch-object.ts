/** From an object into a file, which is there when all of it is, or to standard output. */
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Crc64 } from '../../lib/checksums.ts'
import { CommandFailed } from '../errors.ts'
import { watched } from '../transfer-progress.ts'
import { type Address, addressText } from './address.ts'
import { fileProblem, temporaryPath } from './local-files.ts'
import { checkCrc64, type Moving } from './moving.ts'

/** The file gets the object's time, by which `sync` knows it again. */
export async function fetchToFile(source: Address, path: string, moving: Moving): Promise<void> {
  const { storage, terminal } = moving
  const response = await storage.open({ method: 'GET', ...source })
  const unfinished = temporaryPath(path, terminal.newNonce())
  try {
    const counter = counted(moving)
    await mkdir(dirname(path), { recursive: true })
    await pipeline(response, counter.stream, createWriteStream(unfinished, { flags: 'wx' }), {
      signal: terminal.signal,
    })
    checkArrived(source, counter, response.headers)
    const modified = new Date(response.headers['last-modified'] ?? terminal.clock.now())
    await utimes(unfinished, modified, modified)
    await rename(unfinished, path)
  } catch (error) {
    response.destroy()
    await rm(unfinished, { force: true })
    throw wordedBreak(error, source, path)
  }
}

export async function fetchToOutput(source: Address, moving: Moving): Promise<void> {
  const { storage, terminal } = moving
  const response = await storage.open({ method: 'GET', ...source })
  const counter = counted(moving)
  try {
    for await (const chunk of response) {
      counter.see(chunk)
      await terminal.write(chunk)
      if (terminal.signal.aborted) return
    }
  } catch (error) {
    throw wordedBreak(error, source, 'standard output')
  } finally {
    response.destroy()
  }
  checkArrived(source, counter, response.headers)
}

function counted({ progress }: Moving) {
  const crc64 = new Crc64()
  let sizeBytes = 0
  const see = (bytes: Buffer): void => {
    crc64.update(bytes)
    sizeBytes += bytes.length
    progress.moved(bytes.length)
  }
  return { see, stream: watched(see), crc64, sizeBytes: () => sizeBytes }
}

function checkArrived(
  source: Address,
  { crc64, sizeBytes }: ReturnType<typeof counted>,
  headers: Record<string, unknown>,
): void {
  const announced = headers['content-length']
  if (announced !== undefined && Number(announced) !== sizeBytes())
    throw new CommandFailed(`The connection ended in the middle of ${addressText(source)}. Try again.`)
  checkCrc64(addressText(source), crc64.decimal(), headers['x-oss-hash-crc64ecma'])
}

function wordedBreak(error: unknown, source: Address, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE')
    return new CommandFailed(`The connection ended in the middle of ${addressText(source)}. Try again.`, {
      cause: error,
    })
  return fileProblem(error, path)
}
