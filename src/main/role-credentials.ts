import type { FunctionRevision } from '../ports/invocation.ts'
import type { TemporaryCredentials } from '../products/identity/identity.ts'
import type { Foundation } from './foundation.ts'

/** Credentials of a role are good for longer than they are handed out, so that a function can finish with them. */
const validForMs = 2 * 3_600_000
/** One more and the oldest are forgotten; they are issued anew when they are asked for. */
const rolesMax = 1000

/** Temporary credentials of the role of a function; undefined: it has none. */
export function roleCredentials({ identity, clock }: Pick<Foundation, 'identity' | 'clock'>) {
  const issued = new Map<string, { value: TemporaryCredentials; untilMs: number }>()
  return async ({ role }: FunctionRevision): Promise<TemporaryCredentials | undefined> => {
    if (role === undefined) return undefined
    const kept = issued.get(role)
    if (kept && kept.untilMs > clock.now()) return kept.value
    const value = identity.issue({ allows: { to: 'actAsRole', roleArn: role }, durationMs: validForMs })
    if (issued.size >= rolesMax) issued.delete(issued.keys().next().value!)
    issued.set(role, { value, untilMs: clock.now() + validForMs / 2 })
    return value
  }
}
