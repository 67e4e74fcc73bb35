import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { finished } from 'node:stream/promises'
import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { IdSource } from '../lib/ids.ts'
import type { SandboxDriver } from '../ports/sandbox.ts'
import type { RuntimeImage } from './warm-pool.ts'

/** A program that reads a thousand modules takes some seconds of half a processor. */
const timeoutMs = 120_000
const lineBytesMax = 4096
/** The program keeps to less by itself; this is for one that was taken over by the code it reads. */
const packBytesMax = 40 * 1024 * 1024
const limits = { memoryMb: 512, cpu: 0.5, diskMb: 512, pidsMax: 64, internetAccess: false }

const answerSchema = z.union([
  z.strictObject({ bytes: z.int().min(0).max(packBytesMax), modules: z.int().min(0) }),
  z.strictObject({ error: z.string() }),
])

/** The program said no, or did not keep to its part: it will do so again with the same code. */
export class NotPrepared extends Error {}

export interface MadePack {
  modules: number
  sizeBytes: number
  sha256: string
}

/**
 * Lets a runtime's own program make a module pack (runtimes/protocol.md) of a function's code. Code is hostile, and so is
 * what comes of it: the program runs in a sandbox like a function's, and what it answers is bytes that are counted,
 * hashed and kept, and that nobody but the same function ever reads.
 */
export async function makeModulePack(
  { driver, clock, ids }: { driver: SandboxDriver; clock: Clock; ids: IdSource },
  work: {
    image: RuntimeImage
    codeSource: string
    /** Of the handlers, without extension, below the code folder. */
    modules: readonly string[]
    outFile: string
    signal: AbortSignal
  },
): Promise<MadePack> {
  const { image, codeSource, modules, outFile, signal } = work
  signal.throwIfAborted()
  const sandbox = await driver.create({
    instanceId: ids.instanceId(clock.now()),
    argv: image.prepareArgv!,
    env: image.env,
    mounts: image.mounts,
  })
  let said = ''
  sandbox.stdout.resume()
  sandbox.stderr.on('data', (chunk: Buffer) => {
    if (said.length < 2000) said += chunk.toString()
  })
  // An end of the channel is how the reader learns of it.
  const end = (): void => void sandbox.kill().catch(() => {})
  const cancelTimer = clock.after(timeoutMs, end)
  signal.addEventListener('abort', end)
  try {
    const { codeDir } = await sandbox.bind({ ...limits, codeSource })
    const file = await open(outFile, 'wx', 0o644)
    try {
      // Reads before it asks: what a program wrote that has ended before anybody read is gone.
      const received = receive(sandbox.channel, file)
      sandbox.channel.write(`${JSON.stringify({ codeDir, modules })}\n`)
      return await received
    } finally {
      await file.close()
    }
  } catch (error) {
    // What it complained about is all there when every process is gone.
    await sandbox.kill()
    await finished(sandbox.stderr).catch(() => {})
    if (error instanceof NotPrepared && said !== '') error.message += `: ${said.trim()}`
    throw error
  } finally {
    cancelTimer()
    signal.removeEventListener('abort', end)
    await sandbox.kill()
  }
}

/** One line, then as many bytes as it says. */
async function receive(channel: Duplex, file: FileHandle): Promise<MadePack> {
  const hash = createHash('sha256')
  let line = Buffer.alloc(0)
  let expected: { bytes: number; modules: number } | undefined
  let left = 0
  for await (const chunk of readable(channel)) {
    let bytes = chunk
    if (expected === undefined) {
      line = Buffer.concat([line, chunk])
      const end = line.indexOf('\n')
      if (end < 0 && line.length <= lineBytesMax) continue
      expected = readAnswer(line.subarray(0, Math.max(0, end)))
      left = expected.bytes
      bytes = line.subarray(end + 1)
    }
    if (bytes.length > left) throw new NotPrepared('the program wrote more than it said')
    hash.update(bytes)
    await file.writeFile(bytes)
    left -= bytes.length
    if (left === 0)
      return { modules: expected.modules, sizeBytes: expected.bytes, sha256: hash.digest('hex') }
  }
  throw new NotPrepared('the program ended before it was done')
}

/** A reset by a program that is gone is an end like any other. */
async function* readable(channel: Duplex): AsyncIterable<Buffer> {
  try {
    yield* channel
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
  }
}

function readAnswer(line: Buffer): { bytes: number; modules: number } {
  let json: unknown
  try {
    json = JSON.parse(line.toString())
  } catch {
    throw new NotPrepared('the program did not answer as it should')
  }
  const parsed = answerSchema.safeParse(json)
  if (!parsed.success) throw new NotPrepared('the program did not answer as it should')
  if ('error' in parsed.data) throw new NotPrepared(parsed.data.error)
  return parsed.data
}
