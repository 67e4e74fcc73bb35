import { nothing } from '../messages/common.ts'
import { addDefinedColumnRequest } from '../messages/tables.ts'
import { checkDefinedColumns } from '../new-table.ts'
import { operation } from '../product.ts'
import { replaceTable, requireMainTable } from '../table.ts'

export const addDefinedColumn = operation({
  name: 'AddDefinedColumn',
  request: addDefinedColumnRequest,
  response: nothing,

  async handle({ table_name, columns }, context) {
    const stored = await requireMainTable(context.records, context, table_name)
    const definedColumns = [...stored.value.definedColumns, ...columns]
    checkDefinedColumns(definedColumns, new Set(stored.value.primaryKey.map(({ name }) => name)))
    await replaceTable(context.records, stored, { ...stored.value, definedColumns })
    return {}
  },
})
