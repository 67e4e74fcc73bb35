/** Table Store as the commands call it: signed requests, refusals in words that say what to do. */
import { MalformedProtobuf, type Message } from '../../lib/protobuf.ts'
import { signOts } from '../../lib/signing/ots.ts'
import { type Arguments, text } from '../command.ts'
import { CommandFailed, PlatformRefused, UsageError } from '../errors.ts'
import { exchange, wholeBody } from '../http.ts'
import { findProduct, productFlags } from '../product.ts'
import type { Terminal } from '../terminal.ts'
import { errorMessage } from './messages.ts'

export const tableFlags = {
  instance: { value: 'NAME', help: 'Instance whose tables are meant; default: HANSHU_OTS_INSTANCE.' },
  ...productFlags('ots'),
} as const

export interface Operation<Request, Response> {
  name: string
  request: Message<Request>
  response: Message<Response>
}

export interface Tables {
  instance: string
  /** Throws `PlatformRefused`. */
  call<Request, Response>(operation: Operation<Request, Response>, content: Request): Promise<Response>
}

const CALL_TIMEOUT_MS = 60_000

export async function connectTables(args: Arguments, terminal: Terminal): Promise<Tables> {
  const instance = text(args, 'instance') ?? terminal.environment.HANSHU_OTS_INSTANCE
  if (!instance) {
    throw new UsageError(
      'Which instance? Say --instance NAME, or set HANSHU_OTS_INSTANCE. Each has tables of its own.',
    )
  }
  const { endpoint, credentials } = await findProduct(args, terminal, 'ots')
  const { clock, signal } = terminal
  return {
    instance,
    async call({ name, request, response: answer }, content) {
      const body = request.encode(content)
      const headers = signOts({ operation: name, instance, body }, credentials, clock.now())
      const response = await exchange({
        method: 'POST',
        url: new URL(`/${name}`, endpoint),
        headers: { ...headers, 'content-length': String(body.length) },
        body,
        timeoutMs: CALL_TIMEOUT_MS,
        clock,
        signal,
      })
      const status = response.statusCode ?? 500
      const received = await wholeBody(response)
      try {
        if (status < 400) return answer.decode(received)
        throw refusal(status, errorMessage.decode(received), response.headers['x-ots-requestid'])
      } catch (error) {
        if (!(error instanceof MalformedProtobuf)) throw error
        throw new CommandFailed(
          `${endpoint.origin} did not answer as Table Store does (HTTP ${status}). Is the endpoint right?`,
          { cause: error },
        )
      }
    },
  }
}

function refusal(
  status: number,
  { code, message = '' }: { code: string; message?: string | undefined },
  requestId: unknown,
): PlatformRefused {
  const hint = hints[code]
  return new PlatformRefused({
    status,
    code,
    message: hint === undefined ? message : `${hint}\n${message}`,
    ...(typeof requestId === 'string' ? { requestId } : {}),
  })
}

const hints: Readonly<Record<string, string>> = {
  OTSObjectNotExist: 'hanshu ots list shows the tables of an instance, hanshu ots create-table makes one.',
  OTSConditionCheckFail: 'The row is there already, or is not there, other than was asked for.',
}
