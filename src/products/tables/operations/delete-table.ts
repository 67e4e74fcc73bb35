import { nothing } from '../messages/common.ts'
import { tableNameRequest } from '../messages/tables.ts'
import { operation } from '../product.ts'
import { removeTable, requireMainTable } from '../table.ts'

/** What the table held is removed afterwards, by the sweeper: nothing leads to it any more. */
export const deleteTable = operation({
  name: 'DeleteTable',
  request: tableNameRequest,
  response: nothing,

  async handle({ table_name: name }, context) {
    const stored = await requireMainTable(context.records, context, name)
    await removeTable(context.records, context, stored)
    return {}
  },
})
