import { writePlainRows } from '../../../lib/plain-buffer/write.ts'
import { distinct, failed, isError, orError } from '../batch.ts'
import { readUnits } from '../capacity.ts'
import { parameterInvalid } from '../errors.ts'
import { checkPrimaryKey, encodeKey } from '../key.ts'
import { batchGetRowRequest, batchGetRowResponse, type RowInBatchGetRowResponse } from '../messages/rows.ts'
import { keyOfRequest } from '../plain-request.ts'
import { operation, type TablesContext } from '../product.ts'
import { readRow } from '../read-row.ts'
import { refuseToken, type Selection, selectionOf, sizeBytesOf } from '../selection.ts'
import { requireTable, type TableRecord } from '../table.ts'

const ROWS_MAX = 100

/** Each row has an answer of its own: what is wrong with one, or with its table, stops no other. */
export const batchGetRow = operation({
  name: 'BatchGetRow',
  request: batchGetRowRequest,
  response: batchGetRowResponse,
  tables: ({ tables }) => namesOf(tables),
  dataPlane: true,

  async handle({ tables }, context) {
    const answers = []
    for (const request of tables) {
      for (const token of request.token) refuseToken(token)
      const selection = selectionOf(request)
      const table = await orError(() => requireTable(context.records, context, request.table_name))
      const rows: RowInBatchGetRowResponse[] = []
      for (const primaryKey of request.primary_key) {
        rows.push(
          isError(table) ? failed(table) : await rowAnswer(table.value, primaryKey, selection, context),
        )
      }
      answers.push({ table_name: request.table_name, rows })
    }
    return { tables: answers }
  },
})

type TableInBatch = Parameters<typeof batchGetRowRequest.encode>[0]['tables'][number]

function namesOf(tables: readonly TableInBatch[]): string[] {
  if (tables.length === 0) throw parameterInvalid('No row specified in the request of BatchGetRow.')
  // A table without a row counts as one, or there would be no bound on them.
  const count = tables.reduce((sum, { primary_key }) => sum + Math.max(1, primary_key.length), 0)
  if (count > ROWS_MAX) throw parameterInvalid(`Rows count exceeds the upper limit: ${ROWS_MAX}.`)
  return distinct(tables.map(({ table_name }) => table_name))
}

async function rowAnswer(
  table: TableRecord,
  primaryKey: Uint8Array,
  selection: Selection,
  { rows, clock }: TablesContext,
): Promise<RowInBatchGetRowResponse> {
  const row = await orError(async () => {
    const cells = keyOfRequest(primaryKey)
    checkPrimaryKey(cells, table.primaryKey)
    const key = encodeKey(cells.map(({ value }) => value!))
    return readRow(rows, table, key, selection, clock.now())
  })
  if (isError(row)) return failed(row)
  return {
    is_ok: true,
    consumed: readUnits(row ? sizeBytesOf(row) : 0),
    row: writePlainRows(row ? [row] : []),
    next_token: new Uint8Array(0),
  }
}
