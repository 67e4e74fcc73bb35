import type { IncomingMessage } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import type { Logger } from '../lib/logger.ts'
import type { BodyReader } from './body.ts'

/**
 * A wire operation is a value: what it is called, where it is, what body it takes, what it does.
 * `Context` is what operations of one product may use; it is handed over with every call.
 */
export interface Operation<Context, Route extends string = string, Body = unknown> {
  /** As in the vendor's reference: `CreateFunction`. */
  name: string
  /** Method and path in the notation of the reference, with sub-resources: `PUT /{bucket}/{object+}?acl`. */
  route: Route
  body: BodyReader<Body>
  /** Called by the thousand: by the fast path, and its line in the log is for debugging only. */
  dataPlane?: boolean
  handle(request: OperationRequest<Route, Body>, context: Context): Promise<Reply>
}

export interface OperationRequest<Route extends string, Body> {
  /** Decoded path parameters. */
  path: PathParameters<Route>
  query: URLSearchParams
  /** Lower-case names; repeated ones joined by `, `. */
  headers: Readonly<Record<string, string | undefined>>
  body: Body
}

/** `'PUT /{bucket}/{object+}?acl'` → `{ bucket: string; object: string }` */
export type PathParameters<Route extends string> = {
  [Name in ParameterNames<Route>]: string
}

type ParameterNames<Route extends string> = Route extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${infer Plain}+` ? Plain : Name) | ParameterNames<Rest>
  : never

/** What every call knows, whatever the product. */
export interface Call {
  requestId: string
  accountId: string
  log: Logger
  /** Aborted when the client goes away. */
  signal: AbortSignal
}

export interface Reply {
  status: number
  headers?: Readonly<Record<string, string | readonly string[]>>
  body?: string | Uint8Array | Readable
  /** Takes over the connection of a request that asked for a WebSocket (`status` 101); nothing was written to it yet. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/** Binds the `operation` helper of a product to its context; the route's parameters are typed from its text. */
export const operationOf =
  <Context>() =>
  <const Route extends string, Body>(operation: Operation<Context, Route, Body>): Operation<Context> =>
    operation as unknown as Operation<Context>

export const jsonReply = (
  status: number,
  document: unknown,
  headers: Record<string, string> = {},
): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(document),
})
