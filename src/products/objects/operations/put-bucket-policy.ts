import { invalidPolicyDocument } from '../errors.ts'
import { bytes, operation } from '../product.ts'
import { putSetting } from '../settings.ts'

const POLICY_BYTES_MAX = 16 * 1024

export const putBucketPolicy = operation({
  name: 'PutBucketPolicy',
  route: 'PUT /{bucket}?policy',
  body: bytes(POLICY_BYTES_MAX),

  async handle({ body }, { records, bucket }) {
    const text = body.toString()
    let policy: unknown
    try {
      policy = JSON.parse(text)
    } catch {
      throw invalidPolicyDocument('it is not JSON')
    }
    const { Version, Statement } = (policy ?? {}) as { Version?: unknown; Statement?: unknown }
    if (Version !== '1') throw invalidPolicyDocument('Version is 1')
    if (!Array.isArray(Statement) || Statement.length === 0)
      throw invalidPolicyDocument('Statement is a list that is not empty')
    for (const statement of Statement as (Record<string, unknown> | null)[]) {
      const { Effect, Action, Resource, Principal } = statement ?? {}
      if (Effect !== 'Allow' && Effect !== 'Deny') throw invalidPolicyDocument('Effect is Allow or Deny')
      if (!Action || !Resource || !Principal)
        throw invalidPolicyDocument('a Statement has an Action, a Principal and a Resource')
    }
    await putSetting(records, bucket, 'policy', text)
    return { status: 200 }
  },
})
