/** A request as the steps of the data plane see it. */
import type { IncomingMessage } from 'node:http'
import { invalidPath } from './refusals.ts'

export interface GatewayRequest {
  message: IncomingMessage
  requestId: string
  method: string
  /** Path as it was sent, with whatever leads to the group. It is what was signed. */
  sentPath: string
  rawQuery: string
  /** Below the group's base path, decoded and as they were sent. */
  segments: readonly string[]
  rawSegments: readonly string[]
  query: URLSearchParams
  /** Without the port. */
  host: string
  protocol: 'HTTP' | 'HTTPS'
  clientIp: string
  body: Buffer
  /** Fields of a form, when the body is one. */
  form: URLSearchParams | undefined
  receivedMs: number
}

/** Peer of the connection. Headers that name an address are not believed. */
export function clientIpOf({ socket }: IncomingMessage): string {
  const address = socket.remoteAddress ?? ''
  return address.startsWith('::ffff:') ? address.slice(7) : address
}

/**
 * The parts of a path, decoded. Throws for what is not well encoded, and for `.` and `..`, by which a path would lead elsewhere
 * at the backend than it does here.
 */
export function segmentsOf(rawPath: string): { raw: string[]; decoded: string[] } {
  const raw = rawPath.split('/').slice(1)
  const decoded = raw.map((segment) => {
    let text = segment
    if (segment.includes('%')) {
      try {
        text = decodeURIComponent(segment)
      } catch {
        throw invalidPath('it is not percent-encoded UTF-8')
      }
    }
    if (text === '.' || text === '..' || /[\0\\]/.test(text)) throw invalidPath(segment)
    return text
  })
  return { raw, decoded }
}

export const headerOf = (
  { message }: Pick<GatewayRequest, 'message'>,
  lowerName: string,
): string | undefined => {
  const value = message.headers[lowerName]
  return Array.isArray(value) ? value.join(', ') : value
}

/** Whether a body was announced, be it empty. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined

export const isForm = (message: IncomingMessage): boolean =>
  /^application\/x-www-form-urlencoded\s*(;|$)/i.test(message.headers['content-type'] ?? '')
