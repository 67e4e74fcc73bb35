import { typeOf } from '../../../lib/plain-buffer/value.ts'
import { writePlainRows } from '../../../lib/plain-buffer/write.ts'
import { readUnits } from '../capacity.ts'
import { notImplemented, parameterInvalid } from '../errors.ts'
import { checkPrimaryKey, encodeKey, keyCells } from '../key.ts'
import { direction, getRangeRequest, getRangeResponse } from '../messages/rows.ts'
import { keyOfRequest } from '../plain-request.ts'
import { operation } from '../product.ts'
import { decodeRow } from '../row.ts'
import { refuseToken, select, selectionOf, sizeBytesOf } from '../selection.ts'
import { requireTable, rowsOf } from '../table.ts'

/** Of one answer, before its filter: the vendor's. */
const ROWS_MAX = 5000
const BYTES_MAX = 4 * 1024 * 1024

/** The block type of answers in rows and columns, which some SDKs prefer and all do without. */
const PLAIN_BUFFER = 0 as const

export const getRange = operation({
  name: 'GetRange',
  request: getRangeRequest,
  response: getRangeResponse,
  dataPlane: true,

  async handle(request, context) {
    const { records, transactions, clock } = context
    const { transaction_id: transactionId, limit = ROWS_MAX } = request
    const { value: table } = await requireTable(records, context, request.table_name)
    refuseToken(request.token)
    if (limit <= 0) throw parameterInvalid('The limit must be greater than 0.')
    const selection = selectionOf(request)
    if (request.columns_to_get.length > 0 && !selection.entireKey)
      throw notImplemented('return_entire_primary_keys')
    const [start, end] = [request.inclusive_start_primary_key, request.exclusive_end_primary_key].map(
      (bytes) => {
        const cells = keyOfRequest(bytes)
        checkPrimaryKey(cells, table.primaryKey, { infinite: true })
        return cells.map(({ value }) => value!)
      },
    ) as [Uint8Array[], Uint8Array[]]
    const from = encodeKey(start)
    const to = encodeKey(end)
    const backwards = request.direction === direction.backward
    if (backwards ? Buffer.compare(from, to) <= 0 : Buffer.compare(from, to) >= 0) {
      throw parameterInvalid(
        backwards
          ? 'Begin key must more than end key in BACKWARD'
          : 'Begin key must less than end key in FORWARD',
      )
    }
    if (transactionId !== undefined) {
      for (const [first] of [start, end]) {
        if (typeOf(first!) === 'infMin' || typeOf(first!) === 'infMax')
          throw parameterInvalid('The range is not in the partition of the transaction.')
        transactions.checkPartition(transactionId, rowsOf(table), encodeKey([first!]))
      }
    }
    const access = transactions.access(transactionId, rowsOf(table))
    const page = await access.scan(rowsOf(table), {
      from,
      to,
      backwards,
      limit: Math.min(limit, ROWS_MAX),
      bytesMax: BYTES_MAX,
    })
    const nowMs = clock.now()
    const rows = page.rows.flatMap(
      ({ key, data }) => select(decodeRow(data), key, table, selection, nowMs) ?? [],
    )
    return {
      consumed: readUnits(rows.reduce((sum, row) => sum + sizeBytesOf(row), 0)),
      rows: writePlainRows(rows),
      ...(page.next
        ? {
            next_start_primary_key: writePlainRows([
              { primaryKey: keyCells(page.next, table.primaryKey), attributes: [], deletesRow: false },
            ]),
          }
        : {}),
      data_block_type: PLAIN_BUFFER,
    }
  },
})
