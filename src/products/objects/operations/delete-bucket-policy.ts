import { none, operation } from '../product.ts'
import { removeSetting } from '../settings.ts'

export const deleteBucketPolicy = operation({
  name: 'DeleteBucketPolicy',
  route: 'DELETE /{bucket}?policy',
  body: none,

  async handle(_, { records, bucket }) {
    await removeSetting(records, bucket, 'policy')
    return { status: 204 }
  },
})
