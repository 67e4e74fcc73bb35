import { z } from 'zod'
import { withoutNulls } from '../../function-spec.ts'
import { type FunctionsContext, json, jsonReply, none, type Operation, operation } from '../../vocabulary.ts'
import type { ServicesApi } from '../api.ts'
import { delegate, inServices } from '../delegate.ts'
import { isInService, nameInService, serviceAndFunction } from '../names.ts'
import { pageFrom, queryOf } from '../paging.ts'

const route = z.looseObject({ serviceName: z.string().optional(), functionName: z.string().optional() })
const domainInput = z.preprocess(
  withoutNulls,
  z.looseObject({
    routeConfig: z.looseObject({ routes: z.array(route).max(1000).optional() }).optional(),
  }),
)

/** Custom domains are those of API 2023-03-30; here a route names service and function. */
export const customDomainOperations = ({ prefix }: ServicesApi): Operation<FunctionsContext>[] => [
  operation({
    name: 'CreateCustomDomain',
    route: `POST ${prefix}/custom-domains`,
    body: json(domainInput),
    handle: ({ body }, context) => one('CreateCustomDomain', { document: toFunctions(body) }, context),
  }),
  operation({
    name: 'ListCustomDomains',
    route: `GET ${prefix}/custom-domains`,
    body: none,

    async handle({ query }, context) {
      const asked = { query: queryOf(pageFrom(query), query.get('prefix')) }
      const { document } = await delegate('ListCustomDomains', asked, context)
      const customDomains = (document['customDomains'] as DomainDocument[]).map(documentOf)
      return jsonReply(200, { ...document, customDomains })
    },
  }),
  operation({
    name: 'GetCustomDomain',
    route: `GET ${prefix}/custom-domains/{domainName}`,
    body: none,
    handle: ({ path }, context) => one('GetCustomDomain', { path }, context),
  }),
  operation({
    name: 'UpdateCustomDomain',
    route: `PUT ${prefix}/custom-domains/{domainName}`,
    body: json(domainInput),
    handle: ({ path, headers, body }, context) =>
      one('UpdateCustomDomain', { path, headers, document: toFunctions(body) }, context),
  }),
  operation({
    name: 'DeleteCustomDomain',
    route: `DELETE ${prefix}/custom-domains/{domainName}`,
    body: none,

    async handle({ path, headers }, context) {
      await delegate('DeleteCustomDomain', { path, headers }, context)
      return { status: 204 }
    },
  }),
]

async function one(name: string, asked: Parameters<typeof delegate>[1], context: FunctionsContext) {
  const { reply, document } = await inServices(() => delegate(name, asked, context))
  const { etag } = (reply.headers ?? {}) as { etag?: string }
  return jsonReply(200, documentOf(document as unknown as DomainDocument), etag ? { etag } : {})
}

interface DomainDocument {
  routeConfig: { routes: { functionName: string }[] }
}

/** A route without a service is to a function of API 2023-03-30. */
function toFunctions({ routeConfig, ...domain }: z.output<typeof domainInput>): object {
  if (routeConfig?.routes === undefined) return { ...domain, ...(routeConfig ? { routeConfig } : {}) }
  const routes = routeConfig.routes.map(({ serviceName, functionName, ...rest }) => ({
    ...rest,
    functionName: serviceName ? nameInService(serviceName, functionName ?? '') : functionName,
  }))
  return { ...domain, routeConfig: { ...routeConfig, routes } }
}

function documentOf({ routeConfig, ...domain }: DomainDocument): Record<string, unknown> {
  const routes = routeConfig.routes.map((each) =>
    isInService(each.functionName) ? { ...each, ...serviceAndFunction(each.functionName) } : each,
  )
  return { ...domain, routeConfig: { ...routeConfig, routes } }
}
