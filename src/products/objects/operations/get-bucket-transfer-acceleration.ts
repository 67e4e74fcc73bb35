import { noSuchSetting } from '../errors.ts'
import { none, operation, xmlReply } from '../product.ts'

export const getBucketTransferAcceleration = operation({
  name: 'GetBucketTransferAcceleration',
  route: 'GET /{bucket}?transferAcceleration',
  body: none,

  async handle(_, { bucket: { value } }) {
    if (value.isAccelerated === undefined)
      throw noSuchSetting(
        'NoSuchTransferAccelerationConfiguration',
        'The transfer acceleration configuration does not exist.',
        value.name,
      )
    return xmlReply(200, 'TransferAccelerationConfiguration', { Enabled: String(value.isAccelerated) })
  },
})
