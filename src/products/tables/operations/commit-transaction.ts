import { nothing } from '../messages/common.ts'
import { transactionRequest } from '../messages/rows.ts'
import { operation } from '../product.ts'

export const commitTransaction = operation({
  name: 'CommitTransaction',
  request: transactionRequest,
  response: nothing,
  tables: ({ transaction_id }, { transactions, instance }) => [
    transactions.tableOf(transaction_id, instance),
  ],

  async handle({ transaction_id: transactionId }, { transactions, searching }) {
    await transactions.commit(transactionId)
    searching.wake()
    return {}
  },
})
