import { invalidPolicyDocument } from '../errors.ts'
import { bytes, operation } from '../product.ts'
import { putSetting } from '../settings.ts'

const POLICY_BYTES_MAX = 16 * 1024

export const putBucketPolicy = operation({
  name: 'PutBucketPolicy',
  route: 'PUT /{bucket}?policy',
  body: bytes(POLICY_BYTES_MAX),

  async handle({ body }, { records, bucket, policies }) {
    const text = body.toString()
    const flaw = policies.flawOf(text)
    if (flaw !== undefined) throw invalidPolicyDocument(flaw)
    await putSetting(records, bucket, 'policy', text)
    return { status: 200 }
  },
})
