/** What a call of a function brings along. */
export interface Credentials {
  accessKeyId: string
  accessKeySecret: string
  securityToken?: string
}

/** Of the vendor's `context`, as far as it is used. */
export interface CallContext {
  accountId: string
  region: string
  credentials: Credentials
}
