import { operationType, putRowRequest, writeRowResponse } from '../messages/rows.ts'
import { rowOfRequest } from '../plain-request.ts'
import { operation } from '../product.ts'
import { requireMainTable } from '../table.ts'
import { writeRow } from '../write-row.ts'

export const putRow = operation({
  name: 'PutRow',
  request: putRowRequest,
  response: writeRowResponse,
  dataPlane: true,

  async handle({ table_name, row, condition, return_content, transaction_id }, context) {
    const { value: table } = await requireMainTable(context.records, context, table_name)
    return writeRow(
      {
        table,
        type: operationType.put,
        row: rowOfRequest(row),
        condition,
        returnContent: return_content,
        transactionId: transaction_id,
      },
      context,
    )
  },
})
