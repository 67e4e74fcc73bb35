import { deleteRowRequest, operationType, writeRowResponse } from '../messages/rows.ts'
import { rowOfRequest } from '../plain-request.ts'
import { operation } from '../product.ts'
import { requireMainTable } from '../table.ts'
import { writeRow } from '../write-row.ts'

export const deleteRow = operation({
  name: 'DeleteRow',
  request: deleteRowRequest,
  response: writeRowResponse,
  dataPlane: true,

  async handle({ table_name, primary_key, condition, return_content, transaction_id }, context) {
    const { value: table } = await requireMainTable(context.records, context, table_name)
    return writeRow(
      {
        table,
        type: operationType.delete,
        row: rowOfRequest(primary_key),
        condition,
        returnContent: return_content,
        transactionId: transaction_id,
      },
      context,
    )
  },
})
