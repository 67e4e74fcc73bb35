import { createServer, type RequestListener } from 'node:http'
import { stsProduct } from '../products/identity/product.ts'
import { ramProduct } from '../products/identity/ram/product.ts'
import { trailProduct } from '../products/trail/product.ts'
import { serverOptions } from '../wire/http-server.ts'
import { rpcHandler } from '../wire/rpc/rpc-server.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'

/** Who there is, by RAM; credentials for a while, by STS; and who did what, by ActionTrail. */
export const assembleIdentity = (foundation: Foundation): readonly Part[] => {
  const {
    config,
    log,
    trail: { observe },
  } = foundation
  return [
    part('sts', config.HANSHU_STS_PORT, rpcHandler(stsProduct(foundation), log, observe)),
    part('actiontrail', config.HANSHU_ACTIONTRAIL_PORT, rpcHandler(trail(foundation), log, observe)),
    part('ram', config.HANSHU_RAM_PORT, rpcHandler(ramProduct(foundation), log, observe)),
  ]
}

const trail = ({ stores: { streams }, trail, identity, region, clock, ids }: Foundation) =>
  trailProduct({ streams, trail, access: identity, lookup: identity, region, clock, ids })

function part(
  name: 'actiontrail' | 'ram' | 'sts',
  port: number,
  handleRequest: ReturnType<typeof rpcHandler>,
): Part {
  const handle: RequestListener = (request, response) => void handleRequest(request, response)
  return {
    cloud: { name, handle },
    listeners: [{ name, port, make: () => createServer(serverOptions, handle) }],
  }
}
