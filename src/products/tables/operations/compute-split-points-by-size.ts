import { writePlainRows } from '../../../lib/plain-buffer/write.ts'
import { readUnits } from '../capacity.ts'
import { notImplemented, parameterInvalid } from '../errors.ts'
import { keyCells } from '../key.ts'
import { computeSplitPointsBySizeRequest, computeSplitPointsBySizeResponse } from '../messages/tables.ts'
import { keySchemaMessage } from '../new-table.ts'
import { pagesOf } from '../pages.ts'
import { operation } from '../product.ts'
import { requireTable, rowsOf } from '../table.ts'

/** The vendor's unit of `split_size`. */
const UNIT_BYTES = 100n * 1024n * 1024n
const SPLITS_MAX = 10_000
const PAGE = { limit: 5000, bytesMax: 4 * 1024 * 1024 }

/** Everything is in one place. */
const LOCATION = 'local'

/** Splits a table into ranges of about one size, for clients that read them beside one another. */
export const computeSplitPointsBySize = operation({
  name: 'ComputeSplitPointsBySize',
  request: computeSplitPointsBySizeRequest,
  response: computeSplitPointsBySizeResponse,

  async handle(request, context) {
    if (request.split_point_limit !== undefined) throw notImplemented('split_point_limit')
    const splitBytes = Number(request.split_size * (request.split_size_unit_in_byte ?? UNIT_BYTES))
    if (splitBytes <= 0) throw parameterInvalid('The split size must be greater than 0.')
    const { value: table } = await requireTable(context.records, context, request.table_name)
    const points: Buffer[] = []
    let sizeBytes = 0
    for await (const page of pagesOf(context.rows, rowsOf(table), PAGE)) {
      for (const { key, data } of page) {
        if (sizeBytes >= splitBytes) {
          if (points.length === SPLITS_MAX)
            throw parameterInvalid(`The table would be in more than ${SPLITS_MAX} splits.`)
          const primaryKey = keyCells(key, table.primaryKey)
          points.push(writePlainRows([{ primaryKey, attributes: [], deletesRow: false }]))
          sizeBytes = 0
        }
        sizeBytes += key.length + data.length
      }
    }
    return {
      consumed: readUnits(0),
      schema: keySchemaMessage(table.primaryKey),
      split_points: points,
      locations: [{ location: LOCATION, repeat: BigInt(points.length + 1) }],
    }
  },
})
