/** What API Gateway calls an event function with, and what it takes as an answer (help page 74797). */
import type { Caller, Role } from '../orders/context.ts'
import { Refusal } from '../orders/refusal.ts'

export interface GatewayRequest {
  method: string
  path: string
  /** By lower-case name. */
  headers: ReadonlyMap<string, string>
  query: Readonly<Record<string, string>>
  pathParameters: Readonly<Record<string, string>>
  body: string
}

export interface Answer {
  status: number
  body: unknown
}

interface GatewayEvent {
  path?: string
  httpMethod?: string
  headers?: Record<string, string>
  queryParameters?: Record<string, string>
  pathParameters?: Record<string, string>
  body?: string
  isBase64Encoded?: boolean
}

/** Larger ones have nothing to say to this API. */
const BODY_CHARS_MAX = 64 * 1024

export function readRequest(event: Uint8Array): GatewayRequest {
  const given = JSON.parse(Buffer.from(event).toString('utf8')) as GatewayEvent
  return {
    method: given.httpMethod ?? 'GET',
    path: given.path ?? '/',
    headers: new Map(Object.entries(given.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
    query: given.queryParameters ?? {},
    pathParameters: given.pathParameters ?? {},
    body: given.isBase64Encoded
      ? Buffer.from(given.body ?? '', 'base64').toString('utf8')
      : (given.body ?? ''),
  }
}

/** Answers what the gateway takes; what went wrong and is no refusal is written to the log and is a 500 of the gateway's words. */
export async function answered(work: () => Promise<Answer>): Promise<string> {
  try {
    return worded(await work())
  } catch (error) {
    if (error instanceof Refusal) {
      return worded({ status: error.status, body: { code: error.code, message: error.message } })
    }
    console.error(error)
    return worded({ status: 500, body: { code: 'InternalError', message: 'this is not your fault' } })
  }
}

const worded = ({ status, body }: Answer): string =>
  JSON.stringify({
    statusCode: status,
    isBase64Encoded: false,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  })

/** Throws `InvalidArgument`. */
export function jsonBody({ body }: GatewayRequest): unknown {
  if (body.length > BODY_CHARS_MAX) throw new Refusal(400, 'InvalidArgument', 'the body is too long')
  try {
    return JSON.parse(body === '' ? '{}' : body)
  } catch {
    throw new Refusal(400, 'InvalidArgument', 'the body is no JSON')
  }
}

const roles: readonly string[] = ['customer', 'merchant', 'rider', 'operations'] satisfies Role[]

/** Headers by which the gateway hands on what the token says; it takes away what a client sends under these names. */
export const SUBJECT_HEADER = 'x-dispatch-sub'
export const ROLE_HEADER = 'x-dispatch-role'

/** As the gateway verified it. */
export function callerOf(headers: { get(name: string): string | undefined | null }): Caller {
  const [sub, role] = [headers.get(SUBJECT_HEADER), headers.get(ROLE_HEADER)]
  if (!sub || !role || !roles.includes(role)) throw new Refusal(403, 'Forbidden', 'the token names nobody')
  return { sub, role: role as Role }
}

export interface Route {
  method: string
  /** As the API is defined: `/orders/[orderId]/pay`. */
  path: string
  handle: (request: GatewayRequest) => Promise<Answer>
}

/** The gateway lets only paths through that are defined; which of a function's it was is asked for here. */
export function routed(routes: readonly Route[], request: GatewayRequest): Promise<Answer> {
  const parts = partsOf(request.path)
  const route = routes.find(({ method, path }) => {
    const wanted = partsOf(path)
    return (
      method === request.method &&
      wanted.length === parts.length &&
      wanted.every((part, index) => part.startsWith('[') || part === parts[index])
    )
  })
  if (!route) throw new Refusal(404, 'NotFound', 'there is no such path')
  return route.handle(request)
}

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '')
