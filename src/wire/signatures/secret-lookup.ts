/**
 * What the wire needs to know of identities: the secret behind an access key. The identity product answers it;
 * `main/` plugs it in. Synchronous, because it is asked on the warm path of every invocation.
 */
export interface SecretLookup {
  readonly accountId: string
  secretOf(accessKeyId: string, securityToken: string | undefined): SecretAnswer
}

export type SecretAnswer =
  | {
      is: 'known'
      accountId: string
      accessKeySecret: string
      allows: Allowance
      /** Whose key it is, to be asked about (`mayDo`). Identity always says; the keys of an upload are nobody's. */
      principal?: Principal
    }
  | { is: 'unknownAccessKey' /** It is known, and was disabled. */; disabled?: true }
  | { is: 'invalidToken' }
  | { is: 'expiredToken' }

/** What credentials may be used for. */
export type Allowance =
  /** The account's own. */
  | { to: 'everything' }
  /** A user of the account: what the user's policies allow. */
  | { to: 'actAsUser'; userName: string }
  /** A role, of a function or assumed: what the role's policies allow. */
  | { to: 'actAsRole'; roleArn: string }
  /** One upload: put objects whose key starts with a prefix, and nothing else anywhere. */
  | { to: 'putObjects'; bucket: string; objectPrefix: string }

/** Who signed a request. Handed on as it is to whoever answers `mayDo`; only the identity product looks into it. */
export type Principal =
  | { is: 'account' }
  | { is: 'user'; userName: string; userId: string /** Of the key that signed. */; accessKeyId?: string }
  | {
      is: 'role'
      roleName: string
      roleId: string
      sessionName: string
      /** JSON; narrows what the role may do. */
      sessionPolicy?: string
      sourceIdentity?: string
      hops?: number
    }
  /** A role that nobody has created, where the platform takes those for roles that may do everything. */
  | { is: 'unknownRole'; roleArn: string; sessionName: string; hops?: number }

/** How many functions led to a request, each triggered by what the one before it did. Credentials of functions say it; others: none. */
export const hopsOf = (principal: Principal | undefined): number =>
  (principal && 'hops' in principal && principal.hops) || 0
