import type { Duplex, Readable } from 'node:stream'
import type { TraceContext } from '../lib/trace-context.ts'
import type { FunctionRevision, HandlerRequest, HttpRequestHead } from '../ports/invocation.ts'
import type { BoundPaths, Sandbox, SandboxExit } from '../ports/sandbox.ts'
import type { InvocationLog } from './invocation-log.ts'

/**
 * An instance that belongs to a function: a sandbox with code in it and a way to talk to what runs there.
 * Two kinds exist: `frames-instance.ts` (built-in runtimes) and `http-instance.ts` (custom runtimes).
 */
export interface LiveInstance {
  readonly instanceId: string
  readonly sandbox: Sandbox
  /** The folders of the function, as seen inside. */
  readonly paths: BoundPaths
  readonly exited: Promise<SandboxExit>
  /** Runs the initializer. Only for functions that have one. */
  initialize(call: HookCall): Promise<Answer>
  invoke(call: EventCall): Promise<Answer>
  preStop(call: HookCall): Promise<Answer>
  /** Only custom runtimes. */
  forward?(call: ForwardCall): Promise<HttpAnswer>
  upgrade?(call: UpgradeCall): Promise<Exclude<Answer, { is: 'returned' }>>
  /** Only where calls may be sent before those ahead of them have ended; they run one after the other all the same. */
  ahead?: {
    /** Asks for the calls that have not begun, all or one: they are answered `returned`, unless they begin first. */
    takeBack(requestId?: string): void
    /** Since when the call runs that is not behind another; undefined when there is none. */
    runningSinceMs(): number | undefined
  }
  /** Of what it was sent: in the platform's memory until the instance reads it, or is gone. */
  unreadBytes?(): number
  /** When all is read that was printed before the last answer; not there where output and answers come the same way. */
  outputSettled?(): Promise<void>
  /** The log that receives output which belongs to no invocation. */
  setBackgroundLog(log: InvocationLog): void
}

export interface Credentials {
  accessKeyId: string
  accessKeySecret: string
  securityToken: string
}

export interface HookCall {
  requestId: string
  qualifier: string
  credentials: Credentials | undefined
  log: InvocationLog
  trace?: TraceContext
}

export interface EventCall extends HookCall {
  event: Uint8Array
  retryCount: number
  http?: HandlerRequest
  /** Called when the call begins: until then it is behind others. */
  started?(): void
}

export interface ForwardCall extends HookCall {
  request: HttpRequestHead
  body: Readable | Uint8Array
  retryCount: number
  signal: AbortSignal
}

export interface UpgradeCall extends HookCall {
  request: HttpRequestHead
  socket: Duplex
  head: Uint8Array
  signal: AbortSignal
}

/**
 * `fatal`: the runtime said that its process cannot go on. `died`: the instance is gone without an answer; when it was
 * not even `delivered`, no code of the function saw the call, and another instance may have it; nor did any when it was
 * `returned`. `tookMs`: what the runtime says that the handler took; a function may have tampered with it.
 */
export type Answer =
  | { is: 'result'; body: Uint8Array; tookMs?: number }
  | { is: 'error'; kind: 'handled' | 'unhandled'; fatal: boolean; body: Uint8Array }
  | { is: 'died'; delivered: boolean }
  | { is: 'returned' }

export type HttpAnswer =
  | {
      is: 'response'
      status: number
      statusMessage: string
      rawHeaders: readonly string[]
      /** Bytes where it has come whole. */
      body: Readable | Uint8Array
    }
  | { is: 'error'; kind: 'unhandled'; fatal: boolean; body: Uint8Array }
  | { is: 'died'; delivered: boolean }

/** Code of the function ran and failed before the instance came to serve: its initializer. What the invocation is answered. */
export class StartFailure extends Error {
  readonly because: 'memory' | 'timeout' | 'crash' | 'handler'
  readonly body: Uint8Array
  instanceId = ''
  durationMs = 0
  logTail: Uint8Array | undefined

  constructor(because: StartFailure['because'], body: Uint8Array) {
    super('the instance did not start')
    this.name = 'StartFailure'
    this.because = because
    this.body = body
  }
}

/** The start was called off before it had taken a sandbox. */
export class StartCancelled extends Error {
  constructor() {
    super('the start was called off')
    this.name = 'StartCancelled'
  }
}

/** The variables of the runtime contract (function-compute.md 3.5), then the function's own, which win. */
export function contractEnvironment(
  revision: FunctionRevision,
  { instanceId, codeDir, qualifier }: { instanceId: string; codeDir: string; qualifier: string },
): Record<string, string> {
  return {
    FC_FUNC_CODE_PATH: codeDir.endsWith('/') ? codeDir : `${codeDir}/`,
    FC_FUNCTION_NAME: revision.service?.functionName ?? revision.functionName,
    FC_FUNCTION_HANDLER: revision.handler,
    FC_FUNCTION_MEMORY_SIZE: String(revision.memoryMb),
    FC_RUNTIME: revision.runtime,
    FC_RUNTIME_VERSION: 'v1',
    FC_TIMEOUT: String(revision.timeoutMs / 1000),
    FC_ACCOUNT_ID: revision.accountId,
    FC_REGION: revision.region,
    FC_QUALIFIER: qualifier,
    FC_VERSION_ID: revision.versionId,
    FC_VER_ID: revision.versionId,
    FC_SERVICE_NAME: revision.service?.name ?? '',
    FC_INSTANCE_ID: instanceId,
    FC_SNAPSHOT_FLAG: '0',
    ...(revision.initializer ? { FC_INITIALIZER_HANDLER: revision.initializer.handler } : {}),
    ...revision.environment,
  }
}
