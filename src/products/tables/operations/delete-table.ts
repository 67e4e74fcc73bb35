import { nothing } from '../messages/common.ts'
import { tableNameRequest } from '../messages/tables.ts'
import { operation } from '../product.ts'
import { removeTable, requireTable } from '../table.ts'

/** What the table held is removed afterwards, by the sweeper: nothing leads to it any more. */
export const deleteTable = operation({
  name: 'DeleteTable',
  request: tableNameRequest,
  response: nothing,

  async handle({ table_name: name }, context) {
    await removeTable(context.records, await requireTable(context.records, context, name))
    return {}
  },
})
