import { createServer, type RequestListener } from 'node:http'
import type { RowStore } from '../ports/rows.ts'
import { sweepSearchIndexes } from '../products/tables/search/sweep.ts'
import { sweepTables } from '../products/tables/sweep.ts'
import { tablesProduct } from '../products/tables/tables-product.ts'
import { withFastPath } from '../wire/fast-path/fast-path.ts'
import { serverOptions } from '../wire/http-server.ts'
import { productServer } from '../wire/product-server.ts'
import type { EventTriggersPart } from './event-triggers.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'

/** Says of each commit to which logs of changes it adds. */
const told = (rows: RowStore, written: (changesTable: string) => void): RowStore => ({
  ...rows,
  async commit(writes) {
    await rows.commit(writes)
    for (const table of new Set(writes.flatMap((write) => ('append' in write ? [write.table] : []))))
      written(table)
  },
})

export function assembleTables(
  foundation: Foundation,
  { tableWritten }: Pick<EventTriggersPart, 'tableWritten'>,
): Part {
  const { config, stores, clock, ids, region, identity, trail, closing, log } = foundation
  const { records, searchIndexes } = stores
  const rows = told(stores.rows, tableWritten)
  const product = tablesProduct({
    records,
    rows,
    searchIndexes,
    clock,
    ids,
    lookup: identity,
    access: identity,
    region,
    log,
  })
  const { handle: handleRequest, take } = productServer(product, log, trail.observe)
  const handle: RequestListener = (request, response) => void handleRequest(request, response)
  closing.push(() => product.filling.end())
  closing.push(() => product.searching.end())
  return {
    cloud: { name: 'ots', handle },
    listeners: [
      {
        name: 'ots',
        port: config.HANSHU_OTS_PORT,
        make: () => withFastPath(createServer(serverOptions, handle), take, log),
      },
    ],
    async start() {
      void product.filling
        .run()
        .catch((err: unknown) => log.warn({ err }, 'filling an index failed; it is tried again'))
      void product.searching
        .run()
        .catch((err: unknown) =>
          log.warn({ err }, 'a search index could not follow its table; it is tried again'),
        )
    },
    async sweep() {
      await product.filling.run()
      await sweepTables({ records, rows, clock })
      await product.searching.run()
      await sweepSearchIndexes({ records, searchIndexes })
    },
  }
}
