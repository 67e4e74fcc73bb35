import { createServer } from 'node:http'
import { sweepTables } from '../products/tables/sweep.ts'
import { tablesProduct } from '../products/tables/tables-product.ts'
import { serverOptions } from '../wire/http-server.ts'
import { requestHandler } from '../wire/product-server.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'

export function assembleTables({ config, stores, clock, ids, identity, log }: Foundation): Part {
  const { records, rows } = stores
  const handle = requestHandler(tablesProduct({ records, rows, clock, ids, lookup: identity }), log)
  return {
    listeners: [
      {
        name: 'ots',
        port: config.HANSHU_OTS_PORT,
        make: () => createServer(serverOptions, (request, response) => void handle(request, response)),
      },
    ],
    sweep: () => sweepTables({ records, rows, clock }),
  }
}
