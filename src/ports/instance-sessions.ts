import type { SandboxSession } from './sandbox.ts'

/** InstanceSessions: other programs beside the function's in a running instance. While one runs, the instance is neither frozen nor retired. */
export interface InstanceSessions {
  /** Starts a program in the environment of the function. Rejects with `NoSession`. */
  open(request: InstanceSessionRequest): Promise<SandboxSession>
}

export interface InstanceSessionRequest {
  functionName: string
  instanceId: string
  argv: readonly string[]
  tty: boolean
}

/**
 * `gone`: the function has no such instance, or no longer. `busy`: there are as many sessions as there may be. `unable`:
 * the way instances are held here has none.
 */
export class NoSession extends Error {
  readonly because: 'gone' | 'busy' | 'unable'

  constructor(because: NoSession['because']) {
    super(`no session: ${because}`)
    this.name = 'NoSession'
    this.because = because
  }
}
