import { notImplemented } from '../errors.ts'
import { none, operation } from '../product.ts'

/** Operations that are known and not built: a client is told so by name. */
export const notBuilt = (
  [
    ['GetAccountAttributes', 'GET /?accountmeta=true'],
    ['SetAccountAttributes', 'PUT /?accountmeta=true'],
    ['OpenService', 'POST /commonbuy/openservice'],
  ] as const
).map(([name, route]) =>
  operation({
    name,
    route,
    body: none,
    async handle() {
      throw notImplemented(`the operation '${name}'`)
    },
  }),
)
