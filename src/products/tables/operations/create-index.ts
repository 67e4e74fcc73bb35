import type { Write } from '../../../ports/records.ts'
import { nothing } from '../messages/common.ts'
import { createIndexRequest } from '../messages/tables.ts'
import { withIndexes } from '../new-index.ts'
import { operation } from '../product.ts'
import { replaceTable, requireMainTable, rowsOf, tableKey } from '../table.ts'

/** Rows that are there are brought in after the answer, while the phase of the index is ISP_FULL. */
export const createIndex = operation({
  name: 'CreateIndex',
  request: createIndexRequest,
  response: nothing,
  tables: ({ main_table_name }) => [main_table_name],

  async handle({ main_table_name, index_meta, include_base_data: isFilling = false }, context) {
    const { records, ids, clock, transactions, filling, log } = context
    const stored = await requireMainTable(records, context, main_table_name)
    const { main, tables } = withIndexes(stored.value, [index_meta], { ids, nowMs: clock.now(), isFilling })
    const writes = tables.map(
      (table): Write => ({ put: tableKey(context, table.name), value: table, expect: 'absent' }),
    )
    await replaceTable(records, stored, main, writes)
    await transactions.abortAll(rowsOf(main))
    if (isFilling) {
      void filling
        .run()
        .catch((error: unknown) => log.warn({ err: error }, 'filling an index failed; it is tried again'))
    }
    return {}
  },
})
