/** What Object Storage needs of other products; `main/` plugs it in. */

/** Who asks for what. */
export interface AccessQuestion {
  /** Undefined: nobody signed. */
  caller: { accountId: string } | undefined
  /** As policies name it: `oss:GetObject`. */
  action: string
  /** `acs:oss:*:{account}:{bucket}/{key}` */
  resource: string
}

/** `undecided` leaves it to the ACLs of the bucket and the object. */
export type AccessAnswer = 'allow' | 'deny' | 'undecided'

export interface AccessPolicies {
  answer(question: AccessQuestion): Promise<AccessAnswer> | AccessAnswer
}
