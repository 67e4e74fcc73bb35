/** Backends by HTTP: as far away as whoever named them may have the platform call (`wire/reach.ts`). */
import { type AgentOptions, type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Clock } from '../../../../lib/clock.ts'
import { isWithin, lookupWithin, NotPublicAddress, type Reach } from '../../../../wire/reach.ts'
import { type Answer, lengthIn, takenHeaders } from '../answer.ts'
import { backendTimedOut, connectFailed, illegalAddress, unresolved } from '../refusals.ts'
import type { BackendRequest } from './backend-request.ts'

/** Connections to all backends of one reach together; further calls wait for one, within their time. */
const SOCKETS_MAX = 256

export interface HttpBackends {
  /** `signal` ends the call, its body included. Throws `ApiError`. */
  call(call: HttpBackendCall): Promise<Answer>
  close(): void
}

export interface HttpBackendCall extends BackendRequest {
  /** Scheme, host and port. */
  address: URL
  reach: Reach
  signal: AbortSignal
  /** To the head of the answer. */
  timeoutMs: number
}

function agentsOf(more: Pick<AgentOptions, 'lookup'>) {
  const options = {
    keepAlive: true,
    maxTotalSockets: SOCKETS_MAX,
    maxFreeSockets: 32,
    timeout: 60_000,
    ...more,
  }
  return { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) }
}

export function httpBackends({ clock, resolve }: { clock: Clock; resolve?: LookupFunction }): HttpBackends {
  const agents = {
    anywhere: agentsOf(lookupWithin('anywhere', resolve)),
    public: agentsOf(lookupWithin('public', resolve)),
  }
  return {
    async call({ address, reach, method, target, headers, body, signal, timeoutMs }) {
      if (!isWithin(reach, address)) throw illegalAddress(address.hostname)
      const protocol = address.protocol as 'http:' | 'https:'
      const begin = () =>
        (protocol === 'https:' ? httpsRequest : httpRequest)({
          protocol,
          hostname: address.hostname.replace(/^\[(.*)\]$/, '$1'),
          ...(address.port === '' ? {} : { port: address.port }),
          method,
          path: target,
          headers: [...headers, 'Host', address.host, ...framing(method, body)],
          agent: agents[reach][protocol],
          signal,
        })
      let request = begin()
      let isLate = false
      const cancel = clock.after(timeoutMs, () => {
        isLate = true
        request.destroy(new Error('late'))
      })
      try {
        return await answered(request, body).catch((error: unknown) => {
          if (isLate || !mayBeSentAgain(request, method, error)) throw error
          request = begin()
          return answered(request, body)
        })
      } catch (error) {
        if (isLate) throw backendTimedOut()
        throw worded(error, address)
      } finally {
        cancel()
      }
    },
    close() {
      for (const each of Object.values(agents)) for (const agent of Object.values(each)) agent.destroy()
    },
  }
}

/** A kept connection that the backend was just closing: nobody has seen the request, and seen twice it would do no harm. */
const mayBeSentAgain = ({ reusedSocket }: ClientRequest, method: string, error: unknown): boolean =>
  reusedSocket &&
  (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') &&
  (error as NodeJS.ErrnoException).code === 'ECONNRESET'

const framing = (method: string, body: Buffer): string[] =>
  body.length > 0 || method === 'POST' || method === 'PUT' || method === 'PATCH'
    ? ['Content-Length', String(body.length)]
    : []

function answered(request: ClientRequest, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // Also after the answer has begun: a client that leaves ends the call.
    request.on('error', reject)
    request.once('response', (response) =>
      resolve({
        status: response.statusCode ?? 502,
        headers: takenHeaders(response.rawHeaders),
        body: response,
        ...lengthIn(response.headers),
      }),
    )
    request.end(body)
  })
}

function worded(error: unknown, { hostname }: URL): Error {
  if (error instanceof NotPublicAddress) return illegalAddress(hostname)
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return unresolved(hostname)
  return connectFailed(code || 'connection closed')
}
