import { none, operation } from '../product.ts'

export const deleteBucketLogging = operation({
  name: 'DeleteBucketLogging',
  route: 'DELETE /{bucket}?logging',
  body: none,
  handle: async () => ({ status: 204 }),
})
