import { createServer } from 'node:http'
import { stsProduct } from '../products/identity/product.ts'
import { serverOptions } from '../wire/http-server.ts'
import { rpcHandler } from '../wire/rpc/rpc-server.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'

export function assembleSts({ config, identity, clock, ids, log }: Foundation): Part {
  const handle = rpcHandler(stsProduct({ identity, clock, ids }), log)
  return {
    listeners: [
      {
        name: 'sts',
        port: config.HANSHU_STS_PORT,
        make: () => createServer(serverOptions, (request, response) => void handle(request, response)),
      },
    ],
  }
}
