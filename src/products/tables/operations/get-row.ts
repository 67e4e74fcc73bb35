import { writePlainRows } from '../../../lib/plain-buffer/write.ts'
import { readUnits } from '../capacity.ts'
import { checkPrimaryKey, encodeKey } from '../key.ts'
import { getRowRequest, getRowResponse } from '../messages/rows.ts'
import { keyOfRequest } from '../plain-request.ts'
import { operation } from '../product.ts'
import { readRow } from '../read-row.ts'
import { refuseToken, selectionOf, sizeBytesOf } from '../selection.ts'
import { requireTable, rowsOf } from '../table.ts'

export const getRow = operation({
  name: 'GetRow',
  request: getRowRequest,
  response: getRowResponse,
  dataPlane: true,

  async handle(request, context) {
    const { transactions } = context
    const { table_name, transaction_id: transactionId } = request
    const { value: table } = await requireTable(context.records, context, table_name)
    refuseToken(request.token)
    const selection = selectionOf(request)
    const cells = keyOfRequest(request.primary_key)
    checkPrimaryKey(cells, table.primaryKey)
    const values = cells.map(({ value }) => value!)
    if (transactionId !== undefined)
      transactions.checkPartition(transactionId, rowsOf(table), encodeKey(values.slice(0, 1)))
    const access = transactions.access(transactionId, rowsOf(table))
    const row = await readRow(access, table, encodeKey(values), selection, context.clock.now())
    return {
      consumed: readUnits(row ? sizeBytesOf(row) : 0),
      row: writePlainRows(row ? [row] : []),
      next_token: new Uint8Array(0),
    }
  },
})
