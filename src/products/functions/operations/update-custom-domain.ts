import { VersionConflict } from '../../../ports/records.ts'
import { checkRoutes, requireCustomDomain } from '../custom-domain-routes.ts'
import {
  type CustomDomainRecord,
  checkCustomDomain,
  customDomainDocument,
  customDomainUpdate,
} from '../custom-domains.ts'
import { concurrentUpdate } from '../errors.ts'
import { checkIfMatch, etagOf } from '../etag.ts'
import { customDomainKey } from '../keys.ts'
import { json, jsonReply, operation, timeText } from '../vocabulary.ts'

/** What the body does not name stays as it is. */
export const updateCustomDomain = operation({
  name: 'UpdateCustomDomain',
  route: 'PUT /2023-03-30/custom-domains/{domainName}',
  body: json(customDomainUpdate),

  async handle({ path: { domainName }, headers, body }, context) {
    const { records, accountId, clock, customDomains } = context
    const { value: before, version } = await requireCustomDomain(context, domainName)
    checkIfMatch(headers['if-match'], before)
    const named = Object.entries(body).filter(([, value]) => value !== undefined)
    const domain: CustomDomainRecord = {
      ...before,
      ...Object.fromEntries(named),
      protocol: body.protocol || before.protocol,
      lastModifiedTime: timeText(clock.now()),
    }
    // A certificate that was read back comes without its key, which then stays.
    const { certConfig } = domain
    if (certConfig && !certConfig.privateKey && certConfig.certificate === before.certConfig?.certificate)
      domain.certConfig = { ...certConfig, privateKey: before.certConfig?.privateKey }
    checkCustomDomain(domain)
    await checkRoutes(context, domain)
    try {
      await records.commit([{ put: customDomainKey(accountId, domainName), value: domain, expect: version }])
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error
      checkIfMatch(headers['if-match'], (await requireCustomDomain(context, domainName)).value)
      throw concurrentUpdate()
    } finally {
      customDomains.forget(accountId)
    }
    return jsonReply(200, customDomainDocument(domain, context), { etag: etagOf(domain) })
  },
})
