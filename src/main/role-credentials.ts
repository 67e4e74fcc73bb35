import type { FunctionRevision } from '../ports/invocation.ts'
import { FUNCTION_COMPUTE } from '../products/functions/roles.ts'
import type { TemporaryCredentials } from '../products/identity/identity.ts'
import { sessionForService } from '../products/identity/service-roles.ts'
import type { Foundation } from './foundation.ts'

/** Credentials of a role are good for longer than they are handed out, so that a function can finish with them. */
const validForMs = 2 * 3_600_000
/** One more and the oldest are forgotten; they are issued anew when they are asked for. */
const rolesMax = 1000

interface Issued {
  value: TemporaryCredentials | undefined
  untilMs: number
  directoryVersion: number
}

/** Temporary credentials of the role of a function; undefined: it has none, or one that cannot be assumed any more. */
export function roleCredentials({ identity, clock, log }: Pick<Foundation, 'identity' | 'clock' | 'log'>) {
  const issued = new Map<string, Issued>()
  return async (
    { role: roleArn, functionName }: FunctionRevision,
    hops = 0,
  ): Promise<TemporaryCredentials | undefined> => {
    if (roleArn === undefined) return undefined
    const key = `${hops} ${roleArn}`
    const directoryVersion = identity.directory.version
    const kept = issued.get(key)
    if (kept && kept.untilMs > clock.now() && kept.directoryVersion === directoryVersion) return kept.value
    const value = sessionForService(identity, {
      roleArn,
      service: FUNCTION_COMPUTE,
      sessionName: 'fc-function',
      durationMs: validForMs,
      clock,
      hops: hops + 1,
    })
    if (!value)
      log.warn({ functionName, roleArn }, 'a function gets no credentials: its role cannot be assumed')
    if (issued.size >= rolesMax) issued.delete(issued.keys().next().value!)
    issued.set(key, { value, untilMs: clock.now() + validForMs / 2, directoryVersion })
    return value
  }
}
