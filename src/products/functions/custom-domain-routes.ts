import type { StoredRecord } from '../../ports/records.ts'
import { requireFunction } from './change-function.ts'
import { type CustomDomainRecord, type CustomDomainSpec, checkRoute } from './custom-domains.ts'
import { domainNameNotFound, invalidArgument } from './errors.ts'
import { customDomainKey } from './keys.ts'
import { LATEST } from './names.ts'
import { stateAt } from './qualifiers.ts'
import type { FunctionsContext } from './vocabulary.ts'

/** Each path once, and each route to a function that is there. Throws `ApiError`. */
export async function checkRoutes(
  context: Pick<FunctionsContext, 'records' | 'accountId'>,
  { routeConfig }: CustomDomainSpec,
): Promise<void> {
  const paths = new Set<string>()
  for (const route of routeConfig?.routes ?? []) {
    checkRoute(route)
    if (paths.has(route.path))
      throw invalidArgument(`the path '${route.path.slice(0, 256)}' has more than one route`)
    paths.add(route.path)
    const root = await requireFunction(context, route.functionName)
    await stateAt(context.records, context.accountId, root, route.qualifier || LATEST)
  }
}

export async function requireCustomDomain(
  { records, accountId }: Pick<FunctionsContext, 'records' | 'accountId'>,
  domainName: string,
): Promise<StoredRecord<CustomDomainRecord>> {
  const stored = await records.get<CustomDomainRecord>(customDomainKey(accountId, domainName))
  if (!stored) throw domainNameNotFound(domainName)
  return stored
}
