import { requireCustomDomain } from '../custom-domain-routes.ts'
import { customDomainDocument } from '../custom-domains.ts'
import { etagOf } from '../etag.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const getCustomDomain = operation({
  name: 'GetCustomDomain',
  route: 'GET /2023-03-30/custom-domains/{domainName}',
  body: none,

  async handle({ path: { domainName } }, context) {
    const { value } = await requireCustomDomain(context, domainName)
    return jsonReply(200, customDomainDocument(value, context), { etag: etagOf(value) })
  },
})
