import { parameterInvalid } from '../errors.ts'
import { updateTableRequest, updateTableResponse } from '../messages/tables.ts'
import { checkIndexable } from '../new-index.ts'
import { operation } from '../product.ts'
import { checkSearchable } from '../search/index-record.ts'
import { newStream } from '../stream.ts'
import { replaceTable, requireMainTable, type TableRecord } from '../table.ts'
import {
  optionsMessage,
  optionsOf,
  streamDetails,
  streamOf,
  throughputDetails,
  throughputOf,
} from '../table-options.ts'

export const updateTable = operation({
  name: 'UpdateTable',
  request: updateTableRequest,
  response: updateTableResponse,

  async handle(request, context) {
    const { records, clock, ids } = context
    const { table_options, reserved_throughput, stream_spec } = request
    const stored = await requireMainTable(records, context, request.table_name)
    if (!table_options && !reserved_throughput && !stream_spec)
      throw parameterInvalid('No parameter is specified in table options.')
    const nowMs = clock.now()
    const { stream: before, ...rest } = stored.value
    const stream = stream_spec
      ? streamOf(stream_spec, before, () => newStream(rest.name, ids, nowMs))
      : before
    const table: TableRecord = {
      ...rest,
      options: optionsOf(table_options ?? {}, rest.options),
      throughput: reserved_throughput
        ? changedThroughput(rest.throughput, throughputOf(reserved_throughput), nowMs)
        : rest.throughput,
      ...(stream ? { stream } : {}),
    }
    if (table.indexes?.length) checkIndexable(table)
    for (const index of table.searchIndexes ?? []) checkSearchable(table, index.timeToLiveSeconds)
    await replaceTable(records, stored, table)
    return {
      reserved_throughput_details: throughputDetails(table),
      table_options: optionsMessage(table.options),
      stream_details: streamDetails(table),
    }
  },
})

function changedThroughput(
  before: TableRecord['throughput'],
  { read = before.read, write = before.write }: { read: number | undefined; write: number | undefined },
  nowMs: number,
): TableRecord['throughput'] {
  const increases = read > before.read || write > before.write
  const decreases = read < before.read || write < before.write
  return {
    ...before,
    read,
    write,
    ...(increases ? { lastIncreaseMs: nowMs } : {}),
    ...(decreases ? { lastDecreaseMs: nowMs } : {}),
  }
}
