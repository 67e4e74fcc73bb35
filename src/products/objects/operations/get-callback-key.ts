import { PUBLIC_KEY_PATH, publicKey } from '../callback-key.ts'
import { none, openOperation } from '../product.ts'

/** Not the vendor's: there, the key is on a host of its own. Applications fetch it without a signature. */
export const getCallbackKey = openOperation({
  name: 'GetCallbackKey',
  route: `GET ${PUBLIC_KEY_PATH}`,
  body: none,

  async handle(_, { records }) {
    return {
      status: 200,
      headers: { 'content-type': 'application/x-pem-file' },
      body: await publicKey(records),
    }
  },
})
