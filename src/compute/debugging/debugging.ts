/**
 * Functions that are being debugged. While one is, calls of its LATEST go, one after the other, to one instance, which
 * has a debugger in it, is neither frozen nor retired, and whose calls are given a day instead of their timeout.
 */
import type { EventInvocation, FunctionRevision, InvocationOutcome } from '../../ports/invocation.ts'
import {
  type DebugEvent,
  type DebuggedEngine,
  type DebuggingNeeds,
  DebugSession,
  type DebugTarget,
} from './debug-session.ts'

/** Why a function cannot be debugged, in words for whoever asked. */
export class CannotDebug extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CannotDebug'
  }
}

export interface Debugging {
  /** What happens, until the signal; then the function runs as always. Rejects with `CannotDebug`. */
  open(request: {
    functionName: string
    port: number
    signal: AbortSignal
  }): Promise<AsyncIterable<DebugEvent>>
  /** Told by whoever starts instances: this one has a debugger that listens, or is about to. */
  started(revision: FunctionRevision, target: DebugTarget): void
  /** Others start and keep no instances of it meanwhile: there is to be one. */
  isDebugged(revision: FunctionRevision): boolean
  /** Calls go through here. */
  invoke(invocation: EventInvocation): Promise<InvocationOutcome>
  /** All calls of a function are about to be ended: those that wait for the one at a breakpoint are, here. */
  sendAwayWaiting(functionArn: string): void
  close(): Promise<void>
}

/** Each has a port and an instance that stays. */
const sessionsMax = 32

/** `engineOf`: the engine is made after this, since it is told of starts. */
export function debugging(needs: DebuggingNeeds, engineOf: () => DebuggedEngine): Debugging {
  /** By function. */
  const sessions = new Map<string, DebugSession>()

  return {
    async open({ functionName, port, signal }) {
      if (sessions.has(functionName))
        throw new CannotDebug(`function '${functionName}' is being debugged already`)
      if (sessions.size >= sessionsMax)
        throw new CannotDebug(`${sessionsMax} functions are being debugged already`)
      const session = new DebugSession(functionName, needs, engineOf())
      sessions.set(functionName, session)
      try {
        await session.open(port)
      } catch (error) {
        sessions.delete(functionName)
        await session.close()
        throw new CannotDebug((error as Error).message)
      }
      const end = () => {
        sessions.delete(functionName)
        session
          .close()
          .catch((error: unknown) =>
            needs.log.error({ err: error, functionName }, 'debugging could not be ended'),
          )
      }
      if (signal.aborted) end()
      else signal.addEventListener('abort', end, { once: true })
      return session.events
    },

    started: (revision, target) => sessions.get(revision.functionName)?.started(revision, target),

    isDebugged: ({ functionName, versionId }) => versionId === 'LATEST' && sessions.has(functionName),

    invoke(invocation) {
      const session = sessions.size === 0 ? undefined : sessions.get(invocation.revision.functionName)
      return session ? session.invoke(invocation) : engineOf().invoke(invocation)
    },

    sendAwayWaiting(functionArn) {
      for (const [functionName, session] of sessions)
        if (functionArn.endsWith(`:functions/${functionName}`)) session.sendAwayWaiting()
    },

    async close() {
      const open = [...sessions.values()]
      sessions.clear()
      await Promise.all(open.map((session) => session.close()))
    },
  }
}
