import type { Duplex, Readable } from 'node:stream'
import type { TraceContext } from '../lib/trace-context.ts'

/**
 * What runs functions, as products and triggers see it: they resolve a name to a `FunctionRevision`, hand it over with
 * a call, and get the outcome as data. Nothing here throws for a failure of user code.
 */
export interface Invoker {
  /** An event in, bytes out. */
  invoke(invocation: EventInvocation): Promise<InvocationOutcome>
  /** An HTTP request passed through to a custom runtime, streamed both ways. */
  forward(invocation: HttpInvocation): Promise<HttpOutcome>
  /** A connection upgrade (WebSocket) passed through to a custom runtime. Resolves when the connection has ended. */
  upgrade(invocation: UpgradeInvocation): Promise<UpgradeOutcome>
}

/** One immutable state of a function: a published version, or LATEST between two updates. All that compute knows of it. */
export interface FunctionRevision {
  /** Same key, same revision. Instances are shared within a key and never across keys. */
  key: string
  accountId: string
  region: string
  functionName: string
  functionArn: string
  /** Of a function of the APIs that have services: what it is called there. Its HTTP trigger calls an HTTP handler. */
  service?: { name: string; functionName: string }
  /** `LATEST`, or the number of the version. */
  versionId: string
  runtime: string
  handler: string
  /** Undefined only for runtimes that need no code package. */
  code: CodeReference
  /** In the order of the function's list: an earlier layer wins over a later one. */
  layers: readonly CodeReference[]
  environment: Readonly<Record<string, string>>
  memoryMb: number
  /** vCPUs. */
  cpu: number
  diskMb: number
  timeoutMs: number
  instanceConcurrency: number
  internetAccess: boolean
  /** Undefined when the function has no role: it then gets no credentials. */
  role?: string
  initializer?: LifecycleHook
  preStop?: LifecycleHook
  customRuntime?: CustomRuntime
  logProject: string
  logStore: string
  /** Its instances are started with a debugger that listens; only where that was asked for. `stateKey`: what is debugged. */
  debug?: { protocol: 'inspector' | 'debugpy'; stateKey: string }
}

/** A code package that was checked and stored. */
export interface CodeReference {
  blobId: string
  sizeBytes: number
  /** CRC-64/ECMA-182, decimal. */
  crc64: string
}

export interface LifecycleHook {
  /** `file.function` for built-in runtimes; any non-empty value enables the HTTP hook of a custom runtime. */
  handler: string
  timeoutMs: number
}

export interface CustomRuntime {
  /** Empty: `/code/bootstrap`. */
  command: readonly string[]
  args: readonly string[]
  port: number
  healthCheck?: {
    httpGetUrl: string
    initialDelayMs: number
    periodMs: number
    timeoutMs: number
    failureThreshold: number
    successThreshold: number
  }
}

interface Invocation {
  revision: FunctionRevision
  /** As the caller asked: `LATEST`, a version or an alias. */
  qualifier: string
  requestId: string
  /** Attempts before this one, of an asynchronous invocation. */
  retryCount?: number
  /** Functions that led to this call, one triggered by what the other did. Default: none. */
  hops?: number
  /** Collect the last 4 KiB of log. */
  wantLogTail: boolean
  /** Aborted when the caller went away. */
  signal?: AbortSignal
  /** The trace that the call is a part of; the function is given it. */
  trace?: TraceContext
}

export interface EventInvocation extends Invocation {
  event: Uint8Array
  /** For an HTTP handler: the event is then the body of the request, and the outcome's body has a head (runtimes/protocol.md). */
  http?: HandlerRequest
}

/** A request as an HTTP handler of a built-in runtime is given it. */
export interface HandlerRequest {
  method: string
  /** Path and query as the client sent them: `/2016-08-15/proxy/s/f/a?b=c`. */
  url: string
  /** The function's own part of the path, decoded. */
  path: string
  /** As received, without the question mark. */
  query: string
  /** Names and values, alternating; those of the connection removed. */
  headers: readonly string[]
  clientIp: string
}

export interface HttpRequestHead {
  method: string
  /** Path and query exactly as received. */
  target: string
  /** Names as received and values, alternating, as in `IncomingMessage.rawHeaders`; hop-by-hop and `x-fc-*` removed. */
  rawHeaders: readonly string[]
  clientIp: string
  /** What the target begins with and the function did not choose; default: nothing. */
  basePath?: string
}

export interface HttpInvocation extends Invocation {
  request: HttpRequestHead
  /** Bytes where it has come whole. */
  body: Readable | Uint8Array
}

export interface UpgradeInvocation extends Invocation {
  request: HttpRequestHead
  /** The client's connection, and what of its bytes was already read. */
  socket: Duplex
  head: Uint8Array
}

/** What is known of an invocation that reached an instance. */
export interface InvocationReport {
  instanceId: string
  durationMs: number
  billedMs: number
  maxMemoryMb: number
  coldStart: boolean
  /** It did not end by itself: all calls of its function were ended. */
  stopped?: true
  /** Last 4 KiB of log, when asked for. */
  logTail?: Uint8Array
}

/**
 * `handledError`: the handler said so (Node's `callback(error)`). `unhandledError`: it threw, crashed, ran out of memory
 * or of time. `initializationError`: code that could not be loaded by the initializer, or an initializer that failed.
 * The body of each is the JSON that the vendor's runtime answers: `{"errorMessage", "errorType", "stackTrace"}`.
 */
export type FunctionFailure = {
  outcome: 'handledError' | 'unhandledError' | 'initializationError'
  body: Uint8Array
  because: 'handler' | 'crash' | 'memory' | 'timeout' | 'start'
  report: InvocationReport
}

/**
 * Refused: no code of the function saw the call. `notStarted`: the program of a custom runtime did not come to serve; code
 * and message are the vendor's (status 412). `cancelled`: the caller has left, or with `stopped` all calls of the function
 * were ended; code of the function may have seen it.
 */
export type Refusal =
  | {
      outcome: 'notStarted'
      code: 'CAExited' | 'CAFileNotFound' | 'CAFilePermission' | 'FunctionNotStarted'
      message: string
    }
  | { outcome: 'throttled'; message: string }
  | { outcome: 'cancelled'; stopped?: true; report?: InvocationReport }
  | { outcome: 'platformError'; message: string }

export type InvocationOutcome =
  | { outcome: 'succeeded'; body: Uint8Array; report: InvocationReport }
  | FunctionFailure
  | Refusal

export type HttpOutcome =
  | {
      outcome: 'responded'
      status: number
      statusMessage: string
      /** Alternating names and values, hop-by-hop headers removed. */
      rawHeaders: readonly string[]
      /** Bytes where it has come whole. A stream must be read to its end or destroyed: until then the instance's slot is taken. */
      body: Readable | Uint8Array
      instanceId: string
      /** Settles when the body has ended. Never rejects. */
      finished: Promise<InvocationReport>
    }
  | FunctionFailure
  | Refusal

export type UpgradeOutcome = { outcome: 'ended'; report: InvocationReport } | FunctionFailure | Refusal
