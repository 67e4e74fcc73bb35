/** A function that is a server of its own (custom runtime): requests of its HTTP trigger, and events at `POST /invoke`. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { CallContext } from './call-context.ts'

export interface CustomFunction {
  http?: (request: IncomingMessage, response: ServerResponse, call: CallContext) => void | Promise<void>
  /** Answers the document of the invocation. What it throws is the invocation's error. */
  invoke?: (event: Buffer, call: CallContext) => Promise<string>
}

/** Events of triggers and calls of our own; the platform takes no larger ones. */
const EVENT_BYTES_MAX = 16 * 1024 * 1024

export function serve({ http, invoke }: CustomFunction): void {
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      console.error(error)
      if (response.headersSent) response.destroy()
      else answer(response, 500, 'InternalError')
    })
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = callOf(request)
    if (invoke && request.headers['x-fc-control-path'] === '/invoke') {
      try {
        answer(response, 200, await invoke(await bodyOf(request), call))
      } catch (error) {
        console.error(error)
        // By this status the platform knows that the function failed.
        answer(response, 404, error instanceof Error ? error.message : String(error))
      }
    } else if (http) {
      await http(request, response, call)
    } else answer(response, 404, 'NotFound')
  }

  // Connections come from the platform only, and stay open.
  server.keepAliveTimeout = 0
  server.requestTimeout = 0
  server.listen(Number(process.env['FC_CUSTOM_LISTEN_PORT'] || 9000), '0.0.0.0')
}

const answer = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text)
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request) {
    sizeBytes += (chunk as Buffer).length
    if (sizeBytes > EVENT_BYTES_MAX) throw new Error('the event is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function callOf({ headers }: IncomingMessage): CallContext {
  const text = (name: string) => String(headers[name] ?? '')
  const securityToken = text('x-fc-security-token')
  return {
    accountId: text('x-fc-account-id'),
    region: text('x-fc-region'),
    credentials: {
      accessKeyId: text('x-fc-access-key-id'),
      accessKeySecret: text('x-fc-access-key-secret'),
      ...(securityToken === '' ? {} : { securityToken }),
    },
  }
}
