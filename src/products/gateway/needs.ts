/** What the gateway needs of the rest of the platform; `main/` plugs it in. */
import type { Readable } from 'node:stream'
import type { TraceContext } from '../../lib/trace-context.ts'

/** A function as an API names it. */
export interface FunctionTarget {
  /** Of Function Compute 2.0; empty: there is none. */
  serviceName: string
  functionName: string
  qualifier: string
  /** The gateway calls in this role; empty: nobody was asked for one. */
  roleArn: string
}

export interface FunctionCall {
  target: FunctionTarget
  event: Uint8Array
  /** The trace that the request is a part of. */
  trace?: TraceContext
  signal: AbortSignal
  timeoutMs: number
}

export type FunctionAnswer =
  | { is: 'answered'; body: Uint8Array }
  /** It ran, and failed. */
  | { is: 'failed'; because: string }
  | { is: 'timedOut' }
  /** There is no such function, or it is disabled. */
  | { is: 'absent'; because: string }
  | { is: 'roleRefused'; because: string }
  /** No room for the call now. */
  | { is: 'busy'; because: string }

/** A request to a function with an HTTP trigger. */
export interface HttpTriggerCall {
  /** By which the function is found: `hello.fcapp.localhost:9080`. */
  host: string
  method: string
  /** Path and query, encoded. */
  target: string
  /** Alternating names and values. */
  headers: readonly string[]
  body: Buffer
  roleArn: string
  signal: AbortSignal
  timeoutMs: number
}

export type HttpTriggerAnswer =
  | {
      is: 'answered'
      status: number
      rawHeaders: readonly string[]
      body: Readable
      /** Of the body, where it is known. */
      lengthBytes?: number
    }
  | { is: 'timedOut' }
  | { is: 'unreachable'; because: string }
  | { is: 'roleRefused'; because: string }

/** The functions of the platform. */
export interface Functions {
  call(call: FunctionCall): Promise<FunctionAnswer>
  request(call: HttpTriggerCall): Promise<HttpTriggerAnswer>
  /** The ARN by which policies name a function: `acs:fc:cn-hangzhou:1234567890123456:functions/f/LATEST`. */
  arnOf(target: FunctionTarget): string
  /** Whether API Gateway may act in the role. */
  isTrustedBy(roleArn: string): boolean
}

/** Roles that the gateway acts in trust it, and may be handed to it: a condition of policies. */
export const API_GATEWAY = 'apigateway.aliyuncs.com'
