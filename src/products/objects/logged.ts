/** Runs an operation on a bucket, and notes in the bucket's access log what became of it, where it has one. */
import { Readable } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import { ApiError, unexpectedError } from '../../wire/api-error.ts'
import type { Reply } from '../../wire/operation.ts'
import type { RequestHead } from '../../wire/product-server.ts'
import type { AccessCaller } from './access.ts'
import { accessLogLine } from './access-log-line.ts'
import type { LoggingSetting, StoredBucket } from './bucket.ts'

/** What becomes known of a request while it is handled. */
export class Noted {
  /** By object, of this bucket; told by those that change it, the last attempt last. */
  readonly changes = new Map<string, { sizeBytes: number; deltaBytes: number }>()
}

/** Takes the lines. */
export interface AccessLogSink {
  note(bucket: string, to: LoggingSetting, line: string): void
}

export interface LoggedContext {
  bucket: StoredBucket
  clock: Clock
  accessLogs: AccessLogSink
  noted: Noted
  head: RequestHead
  method: string
  clientIp: string
  requestId: string
  accountId: string
  accessKeyId: string | undefined
  caller: AccessCaller
  worded(failure: unknown): ApiError | undefined
}

export async function logged(
  context: LoggedContext,
  { operation, object }: { operation: string; object: string | undefined },
  handle: () => Promise<Reply>,
): Promise<Reply> {
  const { bucket, clock, accessLogs, head, worded, caller, noted } = context
  const to = bucket.value.logging
  if (!to) return handle()
  const receivedMs = clock.now()
  const startMs = clock.monotonicMs()
  let serverMs = 0

  const note = (reply: Pick<Reply, 'status' | 'headers'>, sentBytes: number, errorCode?: string): void => {
    const { headers = {} } = reply
    const changes = [...noted.changes.values()]
    const deltaBytes = changes.reduce((sum, change) => sum + change.deltaBytes, 0)
    accessLogs.note(
      bucket.value.name,
      to,
      accessLogLine({
        head,
        clientIp: context.clientIp,
        requestId: context.requestId,
        operation,
        bucket: bucket.value.name,
        object,
        principal: caller.is === 'signer' ? caller.principal : undefined,
        accessKeyId: context.accessKeyId,
        accountId: context.accountId,
        receivedMs,
        status: reply.status,
        errorCode,
        sentBytes,
        requestMs: clock.monotonicMs() - startMs,
        serverMs,
        objectBytes: changes.length === 1 ? changes[0]!.sizeBytes : sizeOf(headers, context.method),
        deltaBytes,
        storageClass: textOf(headers['x-oss-storage-class']),
      }),
    )
  }

  let reply: Reply
  try {
    reply = await handle()
  } catch (error) {
    serverMs = clock.monotonicMs() - startMs
    const refusal = error instanceof ApiError ? error : worded(error)
    note({ status: refusal?.status ?? 500 }, 0, refusal?.code ?? unexpectedError(error).code)
    throw error
  }
  serverMs = clock.monotonicMs() - startMs
  const { body } = reply
  if (!(body instanceof Readable)) {
    note(reply, context.method === 'HEAD' ? 0 : Buffer.byteLength(body ?? ''))
    return reply
  }
  let sentBytes = 0
  const counted = Readable.from(
    (async function* () {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        sentBytes += chunk.length
        yield chunk
      }
    })(),
    { objectMode: false },
  )
  // Also of one whose reader went away; what was not begun would leave its source open.
  counted.once('close', () => {
    body.destroy()
    note(reply, sentBytes)
  })
  return { ...reply, body: counted }
}

/** Of the whole object, of which an answer may have a part. */
function sizeOf(headers: NonNullable<Reply['headers']>, method: string): number | undefined {
  if ((method !== 'GET' && method !== 'HEAD') || headers['x-oss-object-type'] === undefined) return undefined
  const range = /\/(\d+)$/.exec(textOf(headers['content-range']) ?? '')?.[1]
  return Number(range ?? textOf(headers['content-length']))
}

const textOf = (header: string | readonly string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : header?.[0]
