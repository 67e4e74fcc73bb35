import { invalidArgument } from '../errors.ts'
import type { FunctionsContext, Operation } from '../vocabulary.ts'
import { isInService, serviceAndFunction } from './names.ts'

/** Those that change nothing although they are no GET. */
const allowed: ReadonlySet<string> = new Set(['InvokeFunction'])

/**
 * API 2023-03-30 may look at a function of a service and invoke it. It may not change it: role, network, versions and
 * aliases are the service's, and would no longer be those of all its functions.
 */
export function readingOnly(operation: Operation<FunctionsContext>): Operation<FunctionsContext> {
  if (operation.route.startsWith('GET ') || allowed.has(operation.name)) return operation
  if (!operation.route.includes('{functionName}')) return operation
  return {
    ...operation,
    async handle(request, context) {
      const { functionName } = request.path as { functionName: string }
      if (isInService(functionName)) {
        const { serviceName } = serviceAndFunction(functionName)
        throw invalidArgument(
          `function '${functionName}' belongs to service '${serviceName}': change it by API 2021-04-06 or 2016-08-15`,
        )
      }
      return operation.handle(request, context)
    },
  }
}
