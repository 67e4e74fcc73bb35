import type { FunctionRevision } from '../../ports/invocation.ts'

/** How a debugger speaks to an instance. */
export type DebugProtocol = NonNullable<FunctionRevision['debug']>['protocol']

/** Who thinks at a breakpoint is not hurried: as long as the vendor's longest timeout. */
const debugTimeoutMs = 24 * 3600 * 1000

/** Undefined for programs that bring their own server, and would have to bring their own debugger. */
export function debugProtocolOf(runtime: string): DebugProtocol | undefined {
  if (runtime.startsWith('nodejs')) return 'inspector'
  return runtime.startsWith('python') ? 'debugpy' : undefined
}

/** The same state of the function as it runs while it is debugged: instances of its own, which have time. */
export function debugRevision(revision: FunctionRevision, protocol: DebugProtocol): FunctionRevision {
  const { initializer } = revision
  return {
    ...revision,
    key: `${revision.key}/debug`,
    timeoutMs: debugTimeoutMs,
    ...(initializer ? { initializer: { ...initializer, timeoutMs: debugTimeoutMs } } : {}),
    debug: { protocol, stateKey: revision.key },
  }
}
