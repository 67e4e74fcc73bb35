import { type CustomDomainRecord, customDomainDocument } from '../custom-domains.ts'
import { customDomainsPrefix } from '../keys.ts'
import { listPage, pageOf } from '../paging.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const listCustomDomains = operation({
  name: 'ListCustomDomains',
  route: 'GET /2023-03-30/custom-domains',
  body: none,

  async handle({ query }, context) {
    const wanted = (query.get('prefix') ?? '').toLowerCase()
    const { items, nextToken } = await listPage<CustomDomainRecord>(context.records, {
      prefix: customDomainsPrefix(context.accountId),
      page: pageOf(query),
      matches: ({ domainName }) => domainName.toLowerCase().startsWith(wanted),
    })
    return jsonReply(200, {
      customDomains: items.map((domain) => customDomainDocument(domain, context)),
      nextToken,
    })
  },
})
