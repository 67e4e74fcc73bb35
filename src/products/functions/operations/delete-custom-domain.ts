import { VersionConflict } from '../../../ports/records.ts'
import { requireCustomDomain } from '../custom-domain-routes.ts'
import { concurrentUpdate } from '../errors.ts'
import { checkIfMatch } from '../etag.ts'
import { customDomainKey } from '../keys.ts'
import { none, operation } from '../vocabulary.ts'

export const deleteCustomDomain = operation({
  name: 'DeleteCustomDomain',
  route: 'DELETE /2023-03-30/custom-domains/{domainName}',
  body: none,

  async handle({ path: { domainName }, headers }, context) {
    const { records, accountId, customDomains } = context
    const { value, version } = await requireCustomDomain(context, domainName)
    checkIfMatch(headers['if-match'], value)
    try {
      await records.commit([{ remove: customDomainKey(accountId, domainName), expect: version }])
    } catch (error) {
      if (error instanceof VersionConflict) throw concurrentUpdate()
      throw error
    } finally {
      customDomains.forget(accountId)
    }
    return { status: 204 }
  },
})
