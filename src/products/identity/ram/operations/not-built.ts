import { notImplemented, type RamOperation } from '../vocabulary.ts'

/** Operations of RAM that are known and not built: a client is told so by name. */
export const notBuilt: readonly RamOperation[] = [
  'BindMFADevice',
  'ChangePassword',
  'ClearAccountAlias',
  'CreateLoginProfile',
  'CreateVirtualMFADevice',
  'DecodeDiagnosticMessage',
  'DeleteLoginProfile',
  'DeleteVirtualMFADevice',
  'GetAccountAlias',
  'GetLoginProfile',
  'GetPasswordPolicy',
  'GetSecurityPreference',
  'GetUserMFAInfo',
  'ListTagResources',
  'ListVirtualMFADevices',
  'SetAccountAlias',
  'SetPasswordPolicy',
  'SetSecurityPreference',
  'TagResources',
  'UnbindMFADevice',
  'UntagResources',
  'UpdateLoginProfile',
].map((name) => ({
  name,
  async handle() {
    throw notImplemented(`the operation '${name}'`)
  },
}))
