import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { Engine } from '../compute/engine.ts'
import type { FunctionDirectory } from '../products/functions/directory.ts'
import { Catalog } from '../products/gateway/catalog.ts'
import { dataPlane } from '../products/gateway/data-plane/data-plane.ts'
import { controlPlane } from '../products/gateway/product.ts'
import { serverOptions, strictServerOptions } from '../wire/http-server.ts'
import { reachUnder } from '../wire/reach.ts'
import { rpcHandler } from '../wire/rpc/rpc-server.ts'
import type { Foundation } from './foundation.ts'
import { gatewayFunctions } from './gateway-functions.ts'
import { portOf } from './listen.ts'
import type { Part } from './part.ts'

/** Groups are reached at names below it, which lead to loopback. */
const gatewayDomain = 'apigateway.localhost'

export async function assembleGateway(
  foundation: Foundation,
  { engine, directory }: { engine: Engine; directory: FunctionDirectory },
): Promise<Part> {
  const { config, stores, clock, ids, region, accountId, identity, trail, endpoints, log, closing } =
    foundation
  const { records } = stores
  const catalog = await Catalog.open(records)
  const functions = gatewayFunctions(foundation, { engine, directory })
  const plane = dataPlane({
    catalog,
    functions,
    reachOf: reachUnder(config.HANSHU_PRIVATE_TARGETS),
    accountId,
    clock,
    ids,
    log,
  })
  closing.push(() => {
    plane.close()
    functions.close()
  })
  const product = controlPlane(
    {
      catalog,
      records,
      access: identity,
      functions,
      region,
      clock,
      ids,
      randomBytes,
      subDomainOf: (groupId) => `${groupId}.${gatewayDomain}:${portOf(endpoints['gateway'])}`,
    },
    identity,
  )
  const handleRequest = rpcHandler(product, log, trail.observe)
  const handle: RequestListener = (request, response) => void handleRequest(request, response)
  return {
    cloud: { name: 'apigateway', handle },
    listeners: [
      {
        name: 'gateway',
        port: config.HANSHU_GATEWAY_PORT,
        // An offer of another protocol (`Upgrade: h2c`) is answered as the plain request that it is, too.
        make: () =>
          createServer({ ...strictServerOptions, shouldUpgradeCallback: () => false }, plane.handle),
      },
      {
        name: 'apigateway',
        port: config.HANSHU_APIGATEWAY_PORT,
        make: () => createServer(serverOptions, handle),
      },
    ],
  }
}
