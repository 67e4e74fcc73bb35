import { operationType, updateRowRequest, writeRowResponse } from '../messages/rows.ts'
import { rowOfRequest } from '../plain-request.ts'
import { operation } from '../product.ts'
import { requireMainTable } from '../table.ts'
import { writeRow } from '../write-row.ts'

export const updateRow = operation({
  name: 'UpdateRow',
  request: updateRowRequest,
  response: writeRowResponse,
  dataPlane: true,

  async handle({ table_name, row_change, condition, return_content, transaction_id }, context) {
    const { value: table } = await requireMainTable(context.records, context, table_name)
    return writeRow(
      {
        table,
        type: operationType.update,
        row: rowOfRequest(row_change),
        condition,
        returnContent: return_content,
        transactionId: transaction_id,
      },
      context,
    )
  },
})
