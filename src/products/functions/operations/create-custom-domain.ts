import { VersionConflict } from '../../../ports/records.ts'
import { checkRoutes } from '../custom-domain-routes.ts'
import {
  CUSTOM_DOMAINS_MAX,
  type CustomDomainRecord,
  checkCustomDomain,
  checkDomainName,
  customDomainDocument,
  customDomainInput,
} from '../custom-domains.ts'
import { domainNameAlreadyExists, invalidArgument } from '../errors.ts'
import { etagOf } from '../etag.ts'
import { customDomainKey, customDomainsPrefix } from '../keys.ts'
import { json, jsonReply, operation, timeText } from '../vocabulary.ts'

export const createCustomDomain = operation({
  name: 'CreateCustomDomain',
  route: 'POST /2023-03-30/custom-domains',
  body: json(customDomainInput),

  async handle({ body: { domainName, ...spec } }, context) {
    const { records, accountId, clock, customDomains, edgeDomain } = context
    checkDomainName(domainName, edgeDomain)
    const now = timeText(clock.now())
    const domain: CustomDomainRecord = {
      ...spec,
      domainName,
      protocol: spec.protocol || 'HTTP',
      createdTime: now,
      lastModifiedTime: now,
    }
    checkCustomDomain(domain)
    await checkRoutes(context, domain)
    const prefix = customDomainsPrefix(accountId)
    if ((await records.list({ prefix, limit: CUSTOM_DOMAINS_MAX })).length === CUSTOM_DOMAINS_MAX)
      throw invalidArgument(`an account must not have more than ${CUSTOM_DOMAINS_MAX} custom domains`)
    try {
      await records.commit([{ put: customDomainKey(accountId, domainName), value: domain, expect: 'absent' }])
    } catch (error) {
      if (error instanceof VersionConflict) throw domainNameAlreadyExists(domainName)
      throw error
    } finally {
      customDomains.forget(accountId)
    }
    return jsonReply(200, customDomainDocument(domain, context), { etag: etagOf(domain) })
  },
})
