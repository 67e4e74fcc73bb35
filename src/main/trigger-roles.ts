import { functionResource } from '../products/functions/authorization.ts'
import { FUNCTION_COMPUTE } from '../products/functions/roles.ts'
import { trustsService } from '../products/identity/service-roles.ts'
import type { SourceTrigger } from '../triggers/events/source-triggers.ts'
import type { Principal } from '../wire/signatures/secret-lookup.ts'
import type { Foundation } from './foundation.ts'

/** Principals that the vendor's notification roles trust. */
const services: Readonly<Record<string, string>> = {
  oss: 'oss.aliyuncs.com',
  mns_topic: 'mns.aliyuncs.com',
  tablestore: 'ots.aliyuncs.com',
}

/** Why a product may not invoke the function in the role of the trigger; undefined: it may. Without a role it may. */
export function whyRoleMayNotInvoke(
  identity: Foundation['identity'],
  { functionName, qualifier, triggerType, invocationRole: roleArn }: SourceTrigger,
  { accountId, region, clock }: Pick<Foundation, 'accountId' | 'region' | 'clock'>,
): string | undefined {
  if (roleArn === undefined) return undefined
  const service = services[triggerType] ?? FUNCTION_COMPUTE
  const trusts = (name: string) => trustsService(identity, { roleArn, service: name, clock })
  if (!trusts(service) && !trusts(FUNCTION_COMPUTE))
    return `the role '${roleArn}' does not exist or does not trust '${service}'`
  const found = identity.roleOf(roleArn)
  if (found.is !== 'created') return undefined
  const { roleName, roleId } = found.role
  const principal: Principal = { is: 'role', roleName, roleId, sessionName: service }
  const resource = `acs:fc:${region}:${accountId}:${functionResource(functionName, qualifier)}`
  return identity.mayDo(principal, { action: 'fc:InvokeFunction', resource })
    ? undefined
    : `the role '${roleArn}' may not perform 'fc:InvokeFunction' on '${resource}'`
}
