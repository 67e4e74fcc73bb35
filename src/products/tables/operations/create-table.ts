import { VersionConflict, type Write } from '../../../ports/records.ts'
import { notImplemented, parameterInvalid, quotaExhausted, tableAlreadyExist } from '../errors.ts'
import { nothing } from '../messages/common.ts'
import { createTableRequest } from '../messages/tables.ts'
import { withIndexes } from '../new-index.ts'
import { schemaOf } from '../new-table.ts'
import { operation } from '../product.ts'
import { newStream } from '../stream.ts'
import { TABLES_MAX, type TableRecord, tableKey, tablesOf } from '../table.ts'
import { optionsOf, standardOptions, streamOf, throughputOf } from '../table-options.ts'

export const createTable = operation({
  name: 'CreateTable',
  request: createTableRequest,
  response: nothing,
  tables: ({ table_meta }) => [table_meta.table_name],

  async handle(request, context) {
    const { records, clock, ids } = context
    const { table_meta: meta, reserved_throughput, table_options, stream_spec } = request
    if (request.partitions.length > 0) throw notImplemented('Partitioning a table when it is created')
    if (request.sse_spec?.enable) throw notImplemented('Server-side encryption of a table')
    if (table_options?.time_to_live === undefined)
      throw parameterInvalid('Time-to-live is missing while creating table.')
    if (table_options.max_versions === undefined)
      throw parameterInvalid('MaxVersions is missing while creating table.')
    const nowMs = clock.now()
    const { read = 0, write = 0 } = throughputOf(reserved_throughput)
    const stream =
      stream_spec && streamOf(stream_spec, undefined, () => newStream(meta.table_name, ids, nowMs))
    const plain: TableRecord = {
      name: meta.table_name,
      id: ids.uuid(),
      createdMs: nowMs,
      ...schemaOf(meta),
      options: optionsOf(table_options, standardOptions),
      throughput: { read, write, lastIncreaseMs: nowMs },
      localTransactions: request.enable_local_txn ?? true,
      ...(stream ? { stream } : {}),
    }
    const { main: value, tables: indexTables } = withIndexes(
      plain,
      [...meta.index_meta, ...request.index_metas],
      { ids, nowMs, isFilling: false },
    )
    const listed = await records.list({ prefix: tablesOf(context), limit: TABLES_MAX })
    if (listed.length === TABLES_MAX) throw quotaExhausted('Number of tables exceeded the quota.')
    const writes = [value, ...indexTables].map(
      (table): Write => ({ put: tableKey(context, table.name), value: table, expect: 'absent' }),
    )
    try {
      await records.commit(writes)
    } catch (error) {
      if (error instanceof VersionConflict) throw tableAlreadyExist()
      throw error
    }
    return {}
  },
})
