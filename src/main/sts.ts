import { createServer, type RequestListener } from 'node:http'
import { stsProduct } from '../products/identity/product.ts'
import { serverOptions } from '../wire/http-server.ts'
import { rpcHandler } from '../wire/rpc/rpc-server.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'

export function assembleSts({ config, identity, clock, ids, log }: Foundation): Part {
  const handleRequest = rpcHandler(stsProduct({ identity, clock, ids }), log)
  const handle: RequestListener = (request, response) => void handleRequest(request, response)
  return {
    cloud: { name: 'sts', handle },
    listeners: [
      {
        name: 'sts',
        port: config.HANSHU_STS_PORT,
        make: () => createServer(serverOptions, handle),
      },
    ],
  }
}
