import { Readable } from 'node:stream'
import { requireFunction } from '../change-function.ts'
import { invalidArgument } from '../errors.ts'
import type { LogsRequest } from '../needs.ts'
import { none, operation } from '../vocabulary.ts'

const LINES_DEFAULT = 1000
const LINES_MAX = 10_000

/**
 * Ours: what a function wrote, one JSON object a line. `since` is a time in ms or in ISO 8601. With `follow=true` the
 * answer goes on until the client leaves; it begins with an empty line, so that the client sees at once that it was let in.
 */
export const readFunctionLogs = operation({
  name: 'ReadFunctionLogs',
  route: 'GET /hanshu/functions/{functionName}/logs',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    const { accountId, functionLogs, signal } = context
    await requireFunction(context, functionName)
    const given = (name: string): string | undefined => query.get(name) || undefined
    const request: LogsRequest = {
      accountId,
      functionName,
      requestId: given('requestId'),
      instanceId: given('instanceId'),
      sinceMs: sinceOf(given('since')),
      limit: linesOf(given('limit')),
      cursor: given('cursor'),
      follow: followOf(given('follow')),
      signal,
    }
    return {
      status: 200,
      headers: { 'content-type': 'application/x-ndjson' },
      body: Readable.from(jsonLines(request)),
    }

    async function* jsonLines(logs: LogsRequest): AsyncGenerator<string> {
      if (logs.follow) yield '\n'
      for await (const line of functionLogs.read(logs)) yield `${JSON.stringify(line)}\n`
    }
  },
})

function sinceOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const sinceMs = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isNaN(sinceMs)) throw invalidArgument(`since is not a time (actual: '${text}')`)
  return sinceMs
}

function linesOf(text: string | undefined): number {
  if (text === undefined) return LINES_DEFAULT
  const lines = Number(text)
  if (!/^\d{1,9}$/.test(text) || lines < 1 || lines > LINES_MAX) {
    throw invalidArgument(`limit must be from 1 to ${LINES_MAX} (actual: '${text}')`)
  }
  return lines
}

function followOf(text: string | undefined): boolean {
  if (text === undefined || text === 'false') return false
  if (text === 'true') return true
  throw invalidArgument(`follow must be true or false (actual: '${text}')`)
}
