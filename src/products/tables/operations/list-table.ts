import { nothing } from '../messages/common.ts'
import { listTableResponse } from '../messages/tables.ts'
import { operation } from '../product.ts'
import { type TableRecord, tablesOf } from '../table.ts'

/** More tables than an instance may have. */
const LISTED_MAX = 10_000

export const listTable = operation({
  name: 'ListTable',
  request: nothing,
  response: listTableResponse,

  async handle(_, context) {
    const listed = await context.records.list<TableRecord>({ prefix: tablesOf(context), limit: LISTED_MAX })
    return {
      table_names: listed.filter(({ value }) => value.indexOf === undefined).map(({ value }) => value.name),
    }
  },
})
