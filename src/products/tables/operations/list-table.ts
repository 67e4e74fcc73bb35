import { EVERY_TABLE } from '../access.ts'
import { nothing } from '../messages/common.ts'
import { listTableResponse } from '../messages/tables.ts'
import { operation } from '../product.ts'
import { tablesIn } from '../table.ts'

export const listTable = operation({
  name: 'ListTable',
  request: nothing,
  response: listTableResponse,
  tables: () => [EVERY_TABLE],

  async handle(_, context) {
    const listed = await tablesIn(context.records, context)
    return {
      table_names: listed.filter(({ value }) => value.indexOf === undefined).map(({ value }) => value.name),
    }
  },
})
