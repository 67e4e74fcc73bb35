import { invalidPrimaryKey, parameterInvalid } from '../errors.ts'
import { checkPrimaryKey, encodeKey } from '../key.ts'
import { startLocalTransactionRequest, startLocalTransactionResponse } from '../messages/rows.ts'
import { keyOfRequest } from '../plain-request.ts'
import { operation } from '../product.ts'
import { requireMainTable, rowsOf } from '../table.ts'

export const startLocalTransaction = operation({
  name: 'StartLocalTransaction',
  request: startLocalTransactionRequest,
  response: startLocalTransactionResponse,

  async handle({ table_name, key }, context) {
    const { value: table } = await requireMainTable(context.records, context, table_name)
    if (!table.localTransactions) {
      throw parameterInvalid(
        'Try to call method using explicit transaction on explicit-transaction-disabled table.',
      )
    }
    const cells = keyOfRequest(key)
    if (cells.length === 0) throw invalidPrimaryKey('Primary key schema mismatch.')
    if (cells.length > 1) throw parameterInvalid('StartLocalTransaction support only one primary key.')
    checkPrimaryKey(cells, table.primaryKey.slice(0, 1))
    const partition = encodeKey(cells.map(({ value }) => value!))
    const named = { instance: context.instance, name: table_name }
    return { transaction_id: context.transactions.start(rowsOf(table), partition, named) }
  },
})
