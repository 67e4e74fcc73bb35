import type { Identity } from '../products/identity/identity.ts'
import type { Allowance, SecretLookup } from '../wire/signatures/secret-lookup.ts'

/** Keys with it are good for nothing: no bucket has an empty name. */
const nothing: Allowance = { to: 'putObjects', bucket: '', objectPrefix: '/' }

/**
 * For a product that does not ask `mayDo` about each request yet: it lets in those who may do everything in it, and
 * nobody who may do less, or who is denied anything anywhere.
 */
export const wholeProductOnly = (
  { accountId, secretOf, mayDoAllOf }: Pick<Identity, 'accountId' | 'secretOf' | 'mayDoAllOf'>,
  service: string,
): SecretLookup => ({
  accountId,
  secretOf(accessKeyId, securityToken) {
    const answer = secretOf(accessKeyId, securityToken)
    if (answer.is !== 'known' || !answer.principal || mayDoAllOf(answer.principal, service)) return answer
    return { ...answer, allows: nothing }
  },
})
