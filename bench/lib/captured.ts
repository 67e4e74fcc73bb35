/** Requests as an official SDK signs them, to be sent again and again without the SDK's own work. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { RawRequest } from './loops.ts'

/** What `ask` sends to the endpoint that it is given; it is answered 503. The signature must not cover the host. */
export async function captured(
  endpoint: string,
  ask: (endpoint: string) => Promise<unknown>,
): Promise<RawRequest> {
  let found: RawRequest | undefined
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const { host: _, connection: _c, 'content-length': _l, ...headers } = request.headers
    found = {
      url: new URL(request.url!, endpoint).href,
      method: request.method!,
      headers: headers as Record<string, string>,
      ...(body.length > 0 ? { body } : {}),
    }
    response.writeHead(503).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    await ask(`http://127.0.0.1:${port}`).catch(() => {})
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  if (!found) throw new Error('the SDK has sent nothing')
  return found
}
