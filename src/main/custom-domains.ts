import type { SecureContext, TlsOptions } from 'node:tls'
import { secureContextOf } from '../lib/tls-settings.ts'
import {
  type CustomDomainRecord,
  domainAuthOf,
  type RouteSpec,
  tlsSettingsOf,
} from '../products/functions/custom-domains.ts'
import { httpMethods } from '../products/functions/http-trigger.ts'
import { LATEST } from '../products/functions/names.ts'
import type { DomainRoute } from '../triggers/http/domain-routes.ts'
import type { CustomDomain } from '../triggers/http/needs.ts'

/** Made once of each state of a domain. */
const edgeDomains = new WeakMap<CustomDomainRecord, CustomDomain>()
const secureContexts = new WeakMap<CustomDomainRecord, SecureContext>()

/** A domain as the edge serves it. */
export function edgeDomainOf(record: CustomDomainRecord | undefined): CustomDomain | undefined {
  if (!record) return undefined
  const known = edgeDomains.get(record)
  if (known) return known
  const { protocol, routeConfig, authConfig, corsConfig } = record
  const { maxAge, ...cors } = corsConfig ?? {}
  const domain: CustomDomain = {
    protocol: protocol as CustomDomain['protocol'],
    routes: (routeConfig?.routes ?? []).map(routeOf),
    ...domainAuthOf(authConfig),
    ...(corsConfig ? { cors: { ...cors, ...(maxAge === undefined ? {} : { maxAgeS: maxAge }) } } : {}),
  }
  edgeDomains.set(record, domain)
  return domain
}

function routeOf({ path, functionName, qualifier, methods = [], rewriteConfig }: RouteSpec): DomainRoute {
  return {
    path,
    functionName,
    qualifier: qualifier || LATEST,
    methods: methods.length > 0 ? methods.map((method) => method.toUpperCase()) : httpMethods,
    ...(rewriteConfig
      ? {
          rewrite: {
            equal: rewriteConfig.equalRules ?? [],
            wildcard: rewriteConfig.wildcardRules ?? [],
            regex: rewriteConfig.regexRules ?? [],
          },
        }
      : {}),
  }
}

/** The certificate of the domain that a client names; one that names none, or a domain without, is not served. */
export function certificates(
  find: (host: string) => CustomDomainRecord | undefined | Promise<CustomDomainRecord | undefined>,
): NonNullable<TlsOptions['SNICallback']> {
  return (servername, answer) => {
    Promise.resolve(find(servername.toLowerCase())).then(
      (record) => {
        if (!record?.certConfig?.certificate) answer(new Error(`no certificate for '${servername}'`))
        else answer(null, contextOf(record))
      },
      (error: unknown) => answer(error as Error),
    )
  }
}

function contextOf(record: CustomDomainRecord): SecureContext {
  const known = secureContexts.get(record)
  if (known) return known
  const context = secureContextOf(tlsSettingsOf(record))
  secureContexts.set(record, context)
  return context
}
