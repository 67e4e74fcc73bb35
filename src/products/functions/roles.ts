import { accessDenied, callerNotAuthorized } from './errors.ts'
import type { FunctionsContext } from './vocabulary.ts'

/** Roles of functions trust it, and may be handed to it: a condition of policies. */
export const FUNCTION_COMPUTE = 'fc.aliyuncs.com'

/**
 * A role that functions are given: the caller has to be allowed to hand it on, or who may create functions could do what
 * any role may; and the role has to trust Function Compute. Throws `AccessDenied`.
 */
export function checkPassedRole(
  given: string | undefined,
  before: string | undefined,
  { access, roles, principal }: Pick<FunctionsContext, 'access' | 'roles' | 'principal'>,
): void {
  if (!given || given === before) return
  const request = {
    action: 'ram:PassRole',
    resource: given,
    conditions: () => ({ 'acs:Service': FUNCTION_COMPUTE }),
  }
  if (access && principal && !access.mayDo(principal, request))
    throw callerNotAuthorized(request.action, given)
  // The vendor's words (awesome-fc/fc-faq, docs/service_role.md).
  if (roles && !roles.trustFunctionCompute(given))
    throw accessDenied(`No permission to assume the role '${given}' for you`)
}
