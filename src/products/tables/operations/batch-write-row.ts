import { writePlainRows } from '../../../lib/plain-buffer/write.ts'
import { distinct, failed, isError, orError } from '../batch.ts'
import { changeBytes } from '../change.ts'
import { notImplemented, parameterInvalid } from '../errors.ts'
import {
  batchWriteRowRequest,
  batchWriteRowResponse,
  type RowInBatchWriteRowResponse,
  rowExistence,
} from '../messages/rows.ts'
import { rowOfRequest } from '../plain-request.ts'
import { operation } from '../product.ts'
import { requireMainTable } from '../table.ts'
import { writeRow } from '../write-row.ts'

const ROWS_MAX = 200
const BYTES_MAX = 4 * 1024 * 1024

/**
 * Each row is written for itself and has an answer of its own. All rows are begun at once, and so share commits; those of
 * one row happen in the order of the request.
 */
export const batchWriteRow = operation({
  name: 'BatchWriteRow',
  request: batchWriteRowRequest,
  response: batchWriteRowResponse,
  tables: ({ tables }) => namesOf(tables),
  dataPlane: true,

  async handle({ tables, transaction_id: transactionId, is_atomic: isAtomic }, context) {
    if (isAtomic) throw notImplemented('An atomic BatchWriteRow')
    const requests = parsed(tables)
    const answers = requests.map(async ({ name, rows }) => {
      const table = await orError(() => requireMainTable(context.records, context, name))
      const written = rows.map(async (request): Promise<RowInBatchWriteRowResponse> => {
        if (isError(table)) return failed(table)
        const answer = await orError(() =>
          writeRow({ table: table.value, ...request, transactionId }, context),
        )
        return isError(answer) ? failed(answer) : { is_ok: true, ...answer }
      })
      return { table_name: name, rows: await Promise.all(written) }
    })
    return { tables: await Promise.all(answers) }
  },
})

type TableInBatch = Parameters<typeof batchWriteRowRequest.encode>[0]['tables'][number]

function namesOf(tables: readonly TableInBatch[]): string[] {
  if (tables.length === 0) throw parameterInvalid('No row is specified in BatchWriteRow.')
  const count = tables.reduce((sum, { rows }) => sum + Math.max(1, rows.length), 0)
  if (count > ROWS_MAX) throw parameterInvalid(`Rows count exceeds the upper limit: ${ROWS_MAX}.`)
  return distinct(tables.map(({ table_name }) => table_name))
}

function parsed(tables: readonly TableInBatch[]) {
  let sizeBytes = 0
  const requests = tables.map(({ table_name: name, rows }) => {
    if (rows.length === 0) throw parameterInvalid(`No operation is specified for table: '${name}'.`)
    const changes = rows.map(({ type, row_change, condition, return_content: returnContent }) => {
      const row = rowOfRequest(row_change)
      sizeBytes += changeBytes(row)
      return { type, row, condition, returnContent }
    })
    refuseRepeatedConditions(changes)
    return { name, rows: changes }
  })
  if (sizeBytes > BYTES_MAX) {
    throw parameterInvalid(
      `The total data size of BatchWriteRow request exceeds the limit, limit size: ${BYTES_MAX}, data size: ${sizeBytes}.`,
    )
  }
  return requests
}

/** Rows that are written twice may have no conditions: the vendor does not say which state they would be about. */
function refuseRepeatedConditions(
  rows: readonly {
    row: ReturnType<typeof rowOfRequest>
    condition: TableInBatch['rows'][number]['condition']
  }[],
): void {
  const keyOf = ({ row: { primaryKey } }: (typeof rows)[number]): string =>
    writePlainRows([{ primaryKey, attributes: [], deletesRow: false }]).toString('latin1')
  for (const [, same] of Map.groupBy(rows, keyOf)) {
    if (same.length === 1) continue
    if (same.some(({ condition }) => condition.row_existence !== rowExistence.ignore))
      throw parameterInvalid('Repeated rows do not support row exist expectation check in BatchModify.')
    if (same.some(({ condition: { column_condition: filter } }) => filter && filter.length > 0))
      throw parameterInvalid('Repeated rows do not support row condition check in BatchModify.')
  }
}
