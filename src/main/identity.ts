import { createServer, type RequestListener } from 'node:http'
import { stsProduct } from '../products/identity/product.ts'
import { ramProduct } from '../products/identity/ram/product.ts'
import { serverOptions } from '../wire/http-server.ts'
import { rpcHandler } from '../wire/rpc/rpc-server.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'

/** Who there is, by RAM, and credentials for a while, by STS. */
export const assembleIdentity = (foundation: Foundation): readonly Part[] => {
  const { config, log } = foundation
  return [
    part('sts', config.HANSHU_STS_PORT, rpcHandler(stsProduct(foundation), log)),
    part('ram', config.HANSHU_RAM_PORT, rpcHandler(ramProduct(foundation), log)),
  ]
}

function part(name: 'sts' | 'ram', port: number, handleRequest: ReturnType<typeof rpcHandler>): Part {
  const handle: RequestListener = (request, response) => void handleRequest(request, response)
  return {
    cloud: { name, handle },
    listeners: [{ name, port, make: () => createServer(serverOptions, handle) }],
  }
}
