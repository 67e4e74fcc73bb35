import { indexNotExist } from '../errors.ts'
import { nothing } from '../messages/common.ts'
import { dropIndexRequest } from '../messages/tables.ts'
import { operation } from '../product.ts'
import { replaceTable, requireMainTable, tableKey } from '../table.ts'

export const dropIndex = operation({
  name: 'DropIndex',
  request: dropIndexRequest,
  response: nothing,
  tables: ({ main_table_name }) => [main_table_name],

  async handle({ main_table_name, index_name }, context) {
    const stored = await requireMainTable(context.records, context, main_table_name)
    const { indexes = [] } = stored.value
    if (!indexes.some(({ name }) => name === index_name)) throw indexNotExist()
    const left = indexes.filter(({ name }) => name !== index_name)
    const removal = { remove: tableKey(context, index_name) }
    await replaceTable(context.records, stored, { ...stored.value, indexes: left }, [removal])
    return {}
  },
})
