import type { IncomingMessage } from 'node:http'
import { totalmem } from 'node:os'
import type { z } from 'zod'
import { ApiError } from './api-error.ts'

/** How an operation takes its body. Nothing is buffered unless a reader says so. */
export interface BodyReader<Body> {
  /** `undefined` means: hand over the stream unread. Otherwise the body is collected, at most this many bytes. */
  readonly collectBytesMax: number | undefined
  /** Turns what was collected into the operation's body. Throws `MalformedBody`. */
  decode(collected: Buffer, request: IncomingMessage): Body
}

/** The body was not what the operation takes; a product words this as its vendor does. */
export class MalformedBody extends Error {
  readonly issues: readonly { path: string; message: string }[]

  constructor(message: string, issues: readonly { path: string; message: string }[] = []) {
    super(message)
    this.name = 'MalformedBody'
    this.issues = issues
  }
}

/** More bytes than `collectBytesMax`. */
export class BodyTooLarge extends Error {
  readonly bytesMax: number

  constructor(bytesMax: number) {
    super(`the body is larger than ${bytesMax} bytes`)
    this.name = 'BodyTooLarge'
    this.bytesMax = bytesMax
  }
}

/** The connection ended before the announced body did. */
export class BodyCutOff extends Error {
  constructor() {
    super('the body ended before its announced length')
    this.name = 'BodyCutOff'
  }
}

const MIB = 1024 * 1024

/** No body is expected; one that comes is read (bounded) for the signature and ignored, as SDKs may send `{}`. */
export const none: BodyReader<undefined> = { collectBytesMax: MIB, decode: () => undefined }

/** The unread request stream. */
export const stream: BodyReader<IncomingMessage> = {
  collectBytesMax: undefined,
  decode: (_, request) => request,
}

/** All bytes, at most `bytesMax`. */
export const bytes = (bytesMax: number): BodyReader<Buffer> => ({
  collectBytesMax: bytesMax,
  decode: (collected) => collected,
})

/** A JSON document of the given shape. An empty body is read as `{}`. */
export function json<Schema extends z.ZodType>(
  schema: Schema,
  { bytesMax = MIB }: { bytesMax?: number } = {},
): BodyReader<z.output<Schema>> {
  return {
    collectBytesMax: bytesMax,
    decode(collected) {
      let document: unknown
      try {
        document =
          collected.length === 0
            ? {}
            : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(collected))
      } catch (error) {
        throw new MalformedBody(error instanceof Error ? error.message : String(error))
      }
      const result = schema.safeParse(document)
      if (result.success) return result.data
      throw new MalformedBody(
        'the document has not the expected shape',
        result.error.issues.map((issue) => ({
          path: issue.path.map(String).join('.'),
          message: issue.message,
        })),
      )
    },
  }
}

/** A client that says nothing for so long in the middle of its body has gone, whether it knows it or not. */
const idleMs = 60_000
/** All bodies that are being read, together: anybody may begin any number of them and not go on. */
const heldBytesMax = Math.max(256 * MIB, Math.min(2048 * MIB, totalmem() / 8))
/** A body up to here is always read: it is small beside what its connection costs. */
const smallBytes = 64 * 1024
let heldBytes = 0

/** Collects a request's body. Throws `BodyTooLarge`, `BodyCutOff`, or 503 while too much is being read. */
export async function collect(
  request: IncomingMessage,
  bytesMax: number,
  limits: { idleMs: number; heldBytesMax: number } = { idleMs, heldBytesMax },
): Promise<Buffer> {
  const announced = request.headers['content-length']
  if (announced !== undefined && Number(announced) > bytesMax) throw new BodyTooLarge(bytesMax)
  // Who went away while the caller was looked up has had its events already; none would come.
  if (request.destroyed && !request.readableEnded) throw new BodyCutOff()
  const chunks: Buffer[] = []
  let sizeBytes = 0
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone)
      request.off('timeout', onGone).setTimeout(0)
      heldBytes -= sizeBytes
      act()
    }
    const onData = (chunk: Buffer): void => {
      sizeBytes += chunk.length
      heldBytes += chunk.length
      const tooMuch = heldBytes > limits.heldBytesMax && sizeBytes > smallBytes
      if (sizeBytes <= bytesMax && !tooMuch) {
        chunks.push(chunk)
        return
      }
      request.pause()
      settle(() => reject(sizeBytes > bytesMax ? new BodyTooLarge(bytesMax) : busy()))
    }
    const onEnd = (): void =>
      settle(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, sizeBytes)))
    const onGone = (): void => settle(() => reject(new BodyCutOff()))
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone)
    request.setTimeout(limits.idleMs, onGone)
  })
}

const busy = (): ApiError =>
  new ApiError('ServiceUnavailable', 503, 'Too many large requests are being read. Please retry.')
