import { abortTransaction } from './abort-transaction.ts'
import { addDefinedColumn } from './add-defined-column.ts'
import { batchGetRow } from './batch-get-row.ts'
import { batchWriteRow } from './batch-write-row.ts'
import { checkpoint } from './checkpoint.ts'
import { commitTransaction } from './commit-transaction.ts'
import { computeSplitPointsBySize } from './compute-split-points-by-size.ts'
import { computeSplits } from './compute-splits.ts'
import { connect } from './connect.ts'
import { createIndex } from './create-index.ts'
import { createSearchIndex } from './create-search-index.ts'
import { createTable } from './create-table.ts'
import { createTunnel } from './create-tunnel.ts'
import { deleteDefinedColumn } from './delete-defined-column.ts'
import { deleteRow } from './delete-row.ts'
import { deleteSearchIndex } from './delete-search-index.ts'
import { deleteTable } from './delete-table.ts'
import { deleteTunnel } from './delete-tunnel.ts'
import { describeSearchIndex } from './describe-search-index.ts'
import { describeStream } from './describe-stream.ts'
import { describeTable } from './describe-table.ts'
import { describeTunnel } from './describe-tunnel.ts'
import { dropIndex } from './drop-index.ts'
import { getCheckpoint } from './get-checkpoint.ts'
import { getRange } from './get-range.ts'
import { getRow } from './get-row.ts'
import { getShardIterator } from './get-shard-iterator.ts'
import { getStreamRecord } from './get-stream-record.ts'
import { heartbeat } from './heartbeat.ts'
import { listSearchIndex } from './list-search-index.ts'
import { listStream } from './list-stream.ts'
import { listTable } from './list-table.ts'
import { listTunnel } from './list-tunnel.ts'
import { notBuilt } from './not-built.ts'
import { parallelScan } from './parallel-scan.ts'
import { putRow } from './put-row.ts'
import { readRecords } from './read-records.ts'
import { schedule } from './schedule.ts'
import { search } from './search.ts'
import { shutdown } from './shutdown.ts'
import { startLocalTransaction } from './start-local-transaction.ts'
import { updateRow } from './update-row.ts'
import { updateSearchIndex } from './update-search-index.ts'
import { updateTable } from './update-table.ts'

/** Every operation of Table Store: those that are built, then those that answer NotImplemented. */
export const operations = [
  createTable,
  listTable,
  describeTable,
  updateTable,
  deleteTable,
  addDefinedColumn,
  deleteDefinedColumn,
  createIndex,
  dropIndex,

  getRow,
  putRow,
  updateRow,
  deleteRow,
  batchGetRow,
  batchWriteRow,
  getRange,
  computeSplitPointsBySize,

  startLocalTransaction,
  commitTransaction,
  abortTransaction,

  listStream,
  describeStream,
  getShardIterator,
  getStreamRecord,

  createSearchIndex,
  updateSearchIndex,
  deleteSearchIndex,
  listSearchIndex,
  describeSearchIndex,
  search,
  computeSplits,
  parallelScan,

  createTunnel,
  deleteTunnel,
  listTunnel,
  describeTunnel,
  connect,
  heartbeat,
  shutdown,
  schedule,
  getCheckpoint,
  readRecords,
  checkpoint,

  ...notBuilt,
]
