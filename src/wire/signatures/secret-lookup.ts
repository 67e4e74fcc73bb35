/**
 * What the wire needs to know of identities: the secret behind an access key. The identity product answers it;
 * `main/` plugs it in. Synchronous, because it is asked on the warm path of every invocation.
 */
export interface SecretLookup {
  readonly accountId: string
  secretOf(accessKeyId: string, securityToken: string | undefined): SecretAnswer
}

export type SecretAnswer =
  | { is: 'known'; accountId: string; accessKeySecret: string; allows: Allowance }
  | { is: 'unknownAccessKey' }
  | { is: 'invalidToken' }
  | { is: 'expiredToken' }

/** What credentials may be used for. */
export type Allowance =
  /** The account's own. */
  | { to: 'everything' }
  /** A function's role: whatever the account may, in its name. There are no policies yet. */
  | { to: 'actAsRole'; roleArn: string }
  /** One upload: put objects whose key starts with a prefix, and nothing else anywhere. */
  | { to: 'putObjects'; bucket: string; objectPrefix: string }
