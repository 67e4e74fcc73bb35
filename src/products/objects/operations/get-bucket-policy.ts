import { noSuchSetting } from '../errors.ts'
import { none, operation } from '../product.ts'
import { findSetting } from '../settings.ts'

export const getBucketPolicy = operation({
  name: 'GetBucketPolicy',
  route: 'GET /{bucket}?policy',
  body: none,

  async handle(_, { records, bucket: { value } }) {
    const policy = await findSetting<string>(records, value.name, 'policy')
    if (policy === undefined)
      throw noSuchSetting('NoSuchBucketPolicy', 'The bucket policy does not exist.', value.name)
    return { status: 200, headers: { 'content-type': 'application/json' }, body: policy }
  },
})
