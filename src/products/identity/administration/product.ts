/**
 * Ours, until there is the RAM API: whoever has the key of the account makes users, roles and policies under
 * `/hanshu/identity/`, on the endpoint of Function Compute.
 */
import type { Clock } from '../../../lib/clock.ts'
import type { IdSource } from '../../../lib/ids.ts'
import type { ApiError } from '../../../wire/api-error.ts'
import { BodyCutOff, BodyTooLarge, MalformedBody } from '../../../wire/body.ts'
import { NoSuchRoute, type Product } from '../../../wire/product-server.ts'
import { MalformedPath } from '../../../wire/routes.ts'
import { functionsAuthentication } from '../../../wire/signatures/functions-authentication.ts'
import { invalidArgument, noSuchPath, rootOnly } from '../errors.ts'
import type { Identity } from '../identity.ts'
import { policyOperations } from './policies.ts'
import { roleOperations } from './roles.ts'
import { userOperations } from './users.ts'
import { type AdministrationContext, jsonReply } from './vocabulary.ts'

export const isAdministration = (url: string): boolean => url.startsWith('/hanshu/identity/')

export function administrationProduct({
  identity,
  clock,
  ids,
}: {
  identity: Identity
  clock: Clock
  ids: IdSource
}): Product<AdministrationContext> {
  const { directory } = identity
  return {
    name: 'identity',
    operations: [...userOperations, ...roleOperations, ...policyOperations],
    newRequestId: () => ids.requestId(clock.now()),
    authenticate: functionsAuthentication({ lookup: identity, clock }),
    authorize({ caller }) {
      if (caller.principal?.is !== 'account') throw rootOnly()
    },
    contextFor: (call) => ({ ...call, directory }),
    renderError: ({ status, code, message, headers }, requestId) =>
      jsonReply(status, { Code: code, Message: message, RequestId: requestId }, { ...headers }),
    wordFailure,
    commonHeaders: (requestId) => ({ 'X-Fc-Request-Id': requestId }),
  }
}

function wordFailure(failure: unknown): ApiError | undefined {
  if (failure instanceof MalformedBody) {
    const [issue] = failure.issues
    return invalidArgument(issue ? `${issue.path || 'the body'}: ${issue.message}` : failure.message)
  }
  if (failure instanceof BodyTooLarge || failure instanceof BodyCutOff || failure instanceof MalformedPath)
    return invalidArgument(failure.message)
  if (failure instanceof NoSuchRoute) return noSuchPath()
  return undefined
}
