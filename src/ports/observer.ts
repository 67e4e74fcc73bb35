import type { TraceContext } from '../lib/trace-context.ts'
import type { FunctionFailure, FunctionRevision, Refusal } from './invocation.ts'

/**
 * Is told by compute what happens to calls and instances, to count it or to make a trace of it. It stands on the path of
 * every call: it does not wait, does not throw, and keeps nothing that it is given but for a moment.
 */
export interface Observer {
  ended(call: EndedCall): void
  startEnded(start: EndedStart): void
}

export interface EndedCall {
  revision: FunctionRevision
  requestId: string
  qualifier: string
  outcome: 'succeeded' | FunctionFailure['outcome'] | Refusal['outcome']
  /** Of a failure of the function. */
  because?: FunctionFailure['because']
  /** How long an instance was at work for it; undefined when it reached none. */
  durationMs?: number
  instanceId?: string
  /** It waited for its instance to start. */
  coldStart: boolean
  /** As the function was given it. */
  trace?: TraceContext
}

/**
 * `sandbox`: until a booted process and the code are there; `bind`: both are put together under the limits; `listen`: until
 * the server of a custom runtime accepts; `initializer`: the function's own.
 */
export type StartPhase = 'sandbox' | 'bind' | 'listen' | 'initializer'

export interface EndedStart {
  revision: FunctionRevision
  instanceId: string
  /** Called off: nobody waited for it any more. */
  outcome: 'started' | 'failed' | 'calledOff'
  durationMs: number
  /** In order, one begins where the one before ends; the last may be cut short by the failure. */
  phases: readonly { phase: StartPhase; durationMs: number }[]
  /** Of the call that it was begun for. */
  trace?: TraceContext
}
