import type { IncomingMessage } from 'node:http'
import type { Principal } from './signatures/secret-lookup.ts'

/** A request whose signature held, when its answer is known. There is no body in it, and no message of an error, which may quote one. */
export interface AnsweredCall {
  product: string
  /** Of RPC APIs: `2015-05-01`. */
  version?: string
  operation: string
  requestId: string
  principal: Principal
  message: IncomingMessage
  status: number
  /** Undefined: it succeeded. */
  errorCode?: string
  /** Parameters of the path, or of RPC all. Only names of things may be taken from them. */
  named: Iterable<readonly [string, string]>
}

/** Is told of every call that is not of the data plane. It must not throw, and nobody waits for it. */
export type CallObserver = (call: AnsweredCall) => void
