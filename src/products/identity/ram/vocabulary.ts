/** The vocabulary of operations of the RAM API. */
import { type AccessControl, conditionsOf } from '../../../wire/access.ts'
import type { RpcCall, RpcOperation } from '../../../wire/rpc/rpc-server.ts'
import type { Directory } from '../directory.ts'
import { notAuthorized } from '../errors.ts'
import type { LastUses } from '../last-uses.ts'

/** What an operation of RAM may use. */
export interface RamContext {
  directory: Directory
  access: Pick<AccessControl, 'mayDo'>
  lastUses: Pick<LastUses, 'of'>
}

export type RamOperation = RpcOperation<RamContext>
type Answer = Awaited<ReturnType<RamOperation['handle']>>

export type Parameters = ReadonlyMap<string, string>

/** What an operation touches, by the names that policies have for it, behind the account: `user/ann`. */
export type Resource = string | { ofTheSystem: string }

export type Touches = (parameters: Parameters, directory: Directory, call: RpcCall) => readonly Resource[]
export type Handle = (
  parameters: Parameters,
  directory: Directory,
  around: RamContext & RpcCall,
) => Promise<Answer>

/**
 * An operation on named things. All of them are asked about before any is looked for, so that who may not know whether
 * there is a user is not told.
 */
export const operation = (name: string, touches: Touches, handle: Handle): RamOperation => ({
  name,
  async handle(call, context) {
    const { parameters, accountId, principal } = call
    if (!principal) throw notAuthorized()
    for (const touched of touches(parameters, context.directory, call)) {
      const resource =
        typeof touched === 'string'
          ? `acs:ram::${accountId}:${touched}`
          : `acs:ram::system:${touched.ofTheSystem}`
      const asked = { action: `ram:${name}`, resource, conditions: () => conditionsOf(call.head) }
      if (!context.access.mayDo(principal, asked)) throw notAuthorized()
    }
    return handle(parameters, context.directory, { ...call, ...context })
  },
})

export { missingParameter, notImplemented } from '../../../wire/rpc/rpc-errors.ts'
export type { RpcCall } from '../../../wire/rpc/rpc-server.ts'
