import { VersionConflict } from '../../../ports/records.ts'
import { notImplemented, quotaExhausted, tableAlreadyExist } from '../errors.ts'
import { nothing } from '../messages/common.ts'
import { createTableRequest } from '../messages/tables.ts'
import { schemaOf } from '../new-table.ts'
import { operation } from '../product.ts'
import { newStream } from '../stream.ts'
import { type TableRecord, tableKey, tablesOf } from '../table.ts'
import { optionsOf, standardOptions, streamOf, throughputOf } from '../table-options.ts'

/** Of one instance. The vendor's is 64, more on request. */
const TABLES_MAX = 1000

export const createTable = operation({
  name: 'CreateTable',
  request: createTableRequest,
  response: nothing,

  async handle(request, context) {
    const { records, clock, ids } = context
    const { table_meta: meta, reserved_throughput, table_options, stream_spec } = request
    if (request.partitions.length > 0) throw notImplemented('Partitioning a table when it is created')
    if (request.index_metas.length > 0 || meta.index_meta.length > 0)
      throw notImplemented('A secondary index')
    if (request.sse_spec?.enable) throw notImplemented('Server-side encryption of a table')
    const nowMs = clock.now()
    const { read = 0, write = 0 } = throughputOf(reserved_throughput)
    const stream =
      stream_spec && streamOf(stream_spec, undefined, () => newStream(meta.table_name, ids, nowMs))
    const value: TableRecord = {
      name: meta.table_name,
      id: ids.uuid(),
      createdMs: nowMs,
      ...schemaOf(meta),
      options: optionsOf(table_options ?? {}, standardOptions),
      throughput: { read, write, lastIncreaseMs: nowMs },
      localTransactions: request.enable_local_txn ?? true,
      ...(stream ? { stream } : {}),
    }
    const listed = await records.list({ prefix: tablesOf(context), limit: TABLES_MAX })
    if (listed.length === TABLES_MAX) throw quotaExhausted('Number of tables exceeded the quota.')
    try {
      await records.commit([{ put: tableKey(context, value.name), value, expect: 'absent' }])
    } catch (error) {
      if (error instanceof VersionConflict) throw tableAlreadyExist()
      throw error
    }
    return {}
  },
})
