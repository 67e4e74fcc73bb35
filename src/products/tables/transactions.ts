/**
 * Local transactions: a client has one partition key value of a table for itself, sees its own writes, and makes them
 * count together. What is written waits in memory, so a transaction ends with the platform: none of it has counted then.
 */
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import { RowConflict, type RowStore, type RowWrite } from '../../ports/rows.ts'
import { parameterInvalid, quotaExhausted, rowOperationConflict, sessionNotExist } from './errors.ts'
import { type Overlay, overlayOf } from './overlay.ts'

/** Where a request reads and writes: the store, or a transaction over it. */
export type RowAccess = Pick<RowStore, 'get' | 'scan' | 'commit'>

export interface Transactions {
  /** Throws when somebody else has the partition. `table`: what the RowStore calls its rows. */
  start(table: string, partition: Uint8Array, named: NamedTable): string
  /** The table that a transaction is of; throws where the instance has none of this id. */
  tableOf(transactionId: string, instance: string): string
  /** Where to read and write rows of this table; throws for a transaction that is over, or is of another table. */
  access(transactionId: string | undefined, table: string): RowAccess
  /** Throws unless this request may write (or, in a transaction, read) rows that begin with this. */
  checkPartition(transactionId: string | undefined, table: string, partition: Uint8Array): void
  /** Durable when it resolves. */
  commit(transactionId: string): Promise<void>
  abort(transactionId: string): void
  /**
   * Ends all transactions of a table, as what they have written does not know of something that is new to the table.
   * Resolves when those that were being committed are.
   */
  abortAll(table: string): Promise<void>
}

/** The vendor's: a transaction is over after a minute. */
const TRANSACTION_MS_MAX = 60_000
/** The vendor's 4 MB of data; here of what rows are kept as. */
const WRITTEN_BYTES_MAX = 4 * 1024 * 1024
/** Of all instances: each may hold the bytes above. */
const TRANSACTIONS_MAX = 64

/** As clients call it. */
export interface NamedTable {
  instance: string
  name: string
}

interface Transaction {
  table: string
  named: NamedTable
  partition: string
  overlay: Overlay
  /** Ends its time. */
  cancel(): void
}

export function openTransactions({
  rows,
  clock,
  ids,
}: {
  rows: RowStore
  clock: Clock
  ids: IdSource
}): Transactions {
  const open = new Map<string, Transaction>()
  /** The transaction that has a partition. */
  const held = new Map<string, string>()
  /** Commits under way. */
  const commits = new Set<Promise<void>>()

  const nameOf = (table: string, partition: Uint8Array): string =>
    `${table}/${Buffer.from(partition).toString('latin1')}`

  function find(transactionId: string): Transaction {
    if (transactionId === '') throw parameterInvalid('TransactionID is invalid.')
    const transaction = open.get(transactionId)
    if (!transaction) throw sessionNotExist()
    return transaction
  }

  async function commitOf(writes: readonly RowWrite[]): Promise<void> {
    const commit = rows.commit(writes)
    commits.add(commit)
    await commit.finally(() => commits.delete(commit))
  }

  function end(transactionId: string, transaction: Transaction): void {
    transaction.cancel()
    transaction.overlay.end()
    open.delete(transactionId)
    held.delete(transaction.partition)
  }

  return {
    start(table, partition, named) {
      const name = nameOf(table, partition)
      if (held.has(name)) throw rowOperationConflict()
      if (open.size >= TRANSACTIONS_MAX) throw quotaExhausted('Number of transactions exceeded the quota.')
      const transactionId = ids.uuid()
      const transaction: Transaction = {
        table,
        named,
        partition: name,
        overlay: overlayOf(rows, WRITTEN_BYTES_MAX),
        cancel: clock.after(TRANSACTION_MS_MAX, () => end(transactionId, transaction)),
      }
      open.set(transactionId, transaction)
      held.set(name, transactionId)
      return transactionId
    },

    tableOf(transactionId, instance) {
      const { named } = find(transactionId)
      if (named.instance !== instance) throw sessionNotExist()
      return named.name
    },

    access(transactionId, table) {
      if (transactionId === undefined) return rows
      const transaction = find(transactionId)
      if (transaction.table !== table) throw parameterInvalid('TransactionID is invalid.')
      return transaction.overlay
    },

    checkPartition(transactionId, table, partition) {
      const name = nameOf(table, partition)
      if (transactionId === undefined) {
        if (held.has(name)) throw rowOperationConflict()
      } else if (find(transactionId).partition !== name) {
        throw parameterInvalid('The row is not in the partition of the transaction.')
      }
    },

    async commit(transactionId) {
      const transaction = find(transactionId)
      // Nobody may write to it any more; the partition is held until the writes count.
      open.delete(transactionId)
      transaction.cancel()
      try {
        await commitOf(transaction.overlay.end())
      } catch (error) {
        // A write that was under way when the transaction began.
        if (error instanceof RowConflict) throw rowOperationConflict()
        throw error
      } finally {
        end(transactionId, transaction)
      }
    },

    abort(transactionId) {
      end(transactionId, find(transactionId))
    },

    async abortAll(table) {
      for (const [transactionId, transaction] of open) {
        if (transaction.table === table) end(transactionId, transaction)
      }
      await Promise.allSettled(commits)
    },
  }
}
