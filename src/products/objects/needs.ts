/** What Object Storage needs of other products; `main/` plugs it in. */
import type { RequestConditions } from '../../wire/access.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'

/** Who asks for what. */
export interface AccessQuestion {
  /** Undefined: nobody signed. */
  principal: Principal | undefined
  /** As policies name it: `oss:GetObject`. */
  action: string
  /** `acs:oss:{region}:{account}:{bucket}/{key}`; of the service, `*` in place of a bucket. */
  resource: string
  /** Asked for only where a policy has conditions. */
  conditions(): RequestConditions
  /** The policy of the bucket, as it was put; one that `flawOf` had nothing against. */
  bucketPolicy: string | undefined
}

/** `undecided` leaves it to the ACLs of the bucket and the object. */
export type AccessAnswer = 'allow' | 'deny' | 'undecided'

export interface AccessPolicies {
  answer(question: AccessQuestion): AccessAnswer
  /** What is wrong with a policy of a bucket, in words; undefined: nothing. */
  flawOf(bucketPolicy: string): string | undefined
}
