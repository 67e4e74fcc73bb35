import { parameterInvalid } from '../errors.ts'
import { nothing } from '../messages/common.ts'
import { deleteDefinedColumnRequest } from '../messages/tables.ts'
import { namesOf } from '../new-index.ts'
import { operation } from '../product.ts'
import { replaceTable, requireMainTable } from '../table.ts'

/** The values stay: a defined column is a promise about attribute columns, and not where they are. */
export const deleteDefinedColumn = operation({
  name: 'DeleteDefinedColumn',
  request: deleteDefinedColumnRequest,
  response: nothing,

  async handle({ table_name, columns }, context) {
    const stored = await requireMainTable(context.records, context, table_name)
    const { definedColumns } = stored.value
    for (const name of columns) {
      if (!definedColumns.some((column) => column.name === name))
        throw parameterInvalid(`Column does not exist:'${name}'.`)
      if (stored.value.indexes?.some((index) => namesOf(index).includes(name)))
        throw parameterInvalid(`The column '${name}' is used by an index.`)
    }
    const left = definedColumns.filter(({ name }) => !columns.includes(name))
    await replaceTable(context.records, stored, { ...stored.value, definedColumns: left })
    return {}
  },
})
