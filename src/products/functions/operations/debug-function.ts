import { Readable } from 'node:stream'
import { requireFunction } from '../change-function.ts'
import { accessDenied, invalidArgument } from '../errors.ts'
import { DebuggingRefused } from '../needs.ts'
import { none, operation } from '../vocabulary.ts'

/**
 * Ours: for as long as the client reads, a debugger can attach to LATEST of the function at a port of the platform's
 * loopback (`port`; 0: any). The answer is one JSON object a line: `{"event": "listening" | "ready" | "failed", …}`.
 * Only where the platform was started with debugging, and only for the account itself: what a function is given
 * (temporary credentials) must not open a way into another.
 */
export const debugFunction = operation({
  name: 'DebugFunction',
  route: 'POST /hanshu/functions/{functionName}/debug',
  body: none,

  async handle({ path: { functionName }, query, headers }, context) {
    const { debugging, signal } = context
    if (!debugging) {
      throw accessDenied('debugging is off: the platform has to be started with --debug (HANSHU_DEBUG=true)')
    }
    const isTemporary = ['x-acs-security-token', 'x-fc-security-token'].some(
      (name) => headers[name] !== undefined || query.has(name),
    )
    if (isTemporary) throw accessDenied('temporary credentials cannot be used for debugging')
    const port = query.get('port') ?? '0'
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
      throw invalidArgument(`'port' is set to an invalid value: a port is a number up to 65535, not ${port}`)
    }
    await requireFunction(context, functionName)
    const events = await debugging
      .open({ functionName, port: Number(port), signal })
      .catch((error: unknown): never => {
        if (error instanceof DebuggingRefused) throw invalidArgument(error.message)
        throw error
      })
    return {
      status: 200,
      headers: { 'content-type': 'application/x-ndjson' },
      body: Readable.from(jsonLines(events)),
    }
  },
})

async function* jsonLines(events: AsyncIterable<Record<string, unknown>>): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify(event)}\n`
}
