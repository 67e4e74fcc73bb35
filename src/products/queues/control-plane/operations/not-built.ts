import { notImplemented } from '../../errors.ts'
import { rpcOperation } from '../vocabulary.ts'

/** Operations of the API that are known and not built: a client is told so by name. */
export const notBuilt = ['GetAccountAttributes', 'SetAccountAttributes'].map((name) =>
  rpcOperation(name, async () => {
    throw notImplemented(`the operation '${name}'`)
  }),
)
