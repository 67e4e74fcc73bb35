import { transactionRequest } from '../messages/rows.ts'
import { operation } from '../product.ts'

/**
 * The vendor's answer has no fields. The SDK for Node.js takes it for an AbortTransactionRequest, and fails without an id
 * in it; others skip a field that they do not know.
 */
export const abortTransaction = operation({
  name: 'AbortTransaction',
  request: transactionRequest,
  response: transactionRequest,
  tables: ({ transaction_id }, { transactions, instance }) => [
    transactions.tableOf(transaction_id, instance),
  ],

  async handle({ transaction_id }, { transactions }) {
    transactions.abort(transaction_id)
    return { transaction_id }
  },
})
