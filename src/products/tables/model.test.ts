/** Random operations on a running Table Store and on a plain map: the same answers, also after the store was opened again. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { sqliteRecordStore } from '../../drivers/embedded/records.ts'
import { sqliteRowStore } from '../../drivers/embedded/rows.ts'
import { temporaryFolder } from '../../drivers/embedded/temporary-folder.fixture.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { memoryRowStore } from '../../drivers/memory/rows.ts'
import type { PlainCell } from '../../lib/plain-buffer/cell.ts'
import { decodeValue, infMax, infMin, integerValue } from '../../lib/plain-buffer/value.ts'
import { writePlainRows } from '../../lib/plain-buffer/write.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { RowStore } from '../../ports/rows.ts'
import {
  batchWriteRowRequest,
  batchWriteRowResponse,
  getRangeRequest,
  getRangeResponse,
} from './messages/rows.ts'
import { encoded, type RunningTables, rowOf, runningTables } from './tables.testing.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

const column = fc.constantFrom('a', 'b', 'c')
const cell = fc.oneof(
  fc.record({
    is: fc.constant('put' as const),
    name: column,
    value: fc.oneof(fc.nat(5), fc.constantFrom('x', 'y')),
  }),
  fc.record({ is: fc.constant('increment' as const), name: column, by: fc.integer({ min: -3, max: 3 }) }),
  fc.record({ is: fc.constant('delete' as const), name: column }),
)
const write = fc.record({
  is: fc.constant('write' as const),
  type: fc.constantFrom<1 | 2 | 3>(1, 2, 3),
  id: fc.nat(3),
  cells: fc.uniqueArray(cell, { selector: ({ name }) => name, minLength: 1, maxLength: 3 }),
  existence: fc.constantFrom<0 | 1 | 2>(0, 0, 1, 2),
})
const range = fc.record({
  is: fc.constant('range' as const),
  from: fc.option(fc.nat(4), { nil: undefined }),
  to: fc.option(fc.nat(4), { nil: undefined }),
  backwards: fc.boolean(),
  limit: fc.integer({ min: 1, max: 4 }),
})
const steps = fc.array(
  fc.oneof(
    { arbitrary: write, weight: 6 },
    { arbitrary: range, weight: 3 },
    { arbitrary: fc.constant({ is: 'reopen' as const }), weight: 1 },
  ),
  { minLength: 5, maxLength: 25 },
)
type Step = typeof steps extends fc.Arbitrary<(infer S)[]> ? S : never
type Write = Extract<Step, { is: 'write' }>
type Range = Extract<Step, { is: 'range' }>
type Model = Map<number, Record<string, string | number>>

describe('Table Store does what a map does', () => {
  it('in memory', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const records = memoryRecordStore()
        const rows = memoryRowStore()
        await walk(
          all,
          async () => ({ records, rows }),
          async () => {},
        )
      }),
      { numRuns: 40 },
    )
  })

  it('on the disk, over restarts', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const [recordsFile, rowsFile] = [newPath('records.db'), newPath('rows.db')]
        await walk(
          all,
          async () => ({
            records: await sqliteRecordStore({ file: recordsFile }),
            rows: await sqliteRowStore({ file: rowsFile }),
          }),
          async ({ records, rows }) => {
            await records.close()
            await rows.close()
          },
        )
      }),
      { numRuns: 3 },
    )
  })
})

interface Stores {
  records: RecordStore
  rows: RowStore
}

async function walk(
  all: readonly Step[],
  open: () => Promise<Stores>,
  close: (stores: Stores) => Promise<void>,
): Promise<void> {
  const model: Model = new Map()
  let stores = await open()
  let tables = await runningTables(stores)
  try {
    await tables.createTable('t')
    for (const step of all) {
      if (step.is === 'write') assert.deepEqual(await doWrite(tables, step), modelWrite(model, step))
      else if (step.is === 'range') assert.deepEqual(await doRange(tables, step), modelRange(model, step))
      else {
        await tables.stop()
        await close(stores)
        stores = await open()
        tables = await runningTables(stores)
      }
    }
    for (const id of [0, 1, 2, 3]) assert.deepEqual(await tables.getRow('t', id), model.get(id))
    assert.deepEqual(tables.defects, [])
  } finally {
    await tables.stop()
    await close(stores)
  }
}

/** `done`, or the code of the refusal. */
async function doWrite(tables: RunningTables, { type, id, cells, existence }: Write): Promise<string> {
  const attributes = cells.map((cell): PlainCell => {
    if (cell.is === 'put') return { name: cell.name, value: encoded(cell.value) }
    return cell.is === 'delete'
      ? { name: cell.name, op: 'deleteAllVersions' }
      : { name: cell.name, value: integerValue(BigInt(cell.by)), op: 'increment' }
  })
  const puts = attributes.filter(({ op }) => op === undefined)
  const row = type === 3 ? rowOf(id, [], true) : rowOf(id, type === 1 ? puts : attributes)
  const { tables: answers } = await tables.call(
    'BatchWriteRow',
    batchWriteRowRequest,
    batchWriteRowResponse,
    {
      tables: [
        { table_name: 't', rows: [{ type, row_change: row, condition: { row_existence: existence } }] },
      ],
    },
  )
  const answer = answers[0]!.rows[0]!
  return answer.is_ok ? 'done' : answer.error!.code
}

function modelWrite(model: Model, { type, id, cells, existence }: Write): string {
  const before = model.get(id)
  if ((existence === 1 && !before) || (existence === 2 && before)) return 'OTSConditionCheckFail'
  if (type === 3) {
    model.delete(id)
    return 'done'
  }
  if (type === 2 && !before && cells.every(({ is }) => is === 'delete')) return 'done'
  const after = type === 1 ? {} : { ...before }
  for (const cell of cells) {
    if (cell.is === 'put') after[cell.name] = cell.value
    else if (type === 1) continue
    else if (cell.is === 'delete') delete after[cell.name]
    else {
      const value = after[cell.name] ?? 0
      if (typeof value === 'string') return 'OTSParameterInvalid'
      after[cell.name] = value + cell.by
    }
  }
  model.set(id, after)
  return 'done'
}

const end = (id: number | undefined, isLow: boolean): Buffer =>
  writePlainRows([
    {
      primaryKey: [
        { name: 'id', value: id === undefined ? (isLow ? infMin : infMax) : integerValue(BigInt(id)) },
      ],
      attributes: [],
      deletesRow: false,
    },
  ])

async function doRange(tables: RunningTables, { from, to, backwards, limit }: Range): Promise<unknown> {
  const answer = await tables
    .call('GetRange', getRangeRequest, getRangeResponse, {
      table_name: 't',
      direction: backwards ? 1 : 0,
      columns_to_get: [],
      max_versions: 1,
      limit,
      inclusive_start_primary_key: end(from, !backwards),
      exclusive_end_primary_key: end(to, backwards),
    })
    .catch((error: { code: string }) => error.code)
  if (typeof answer === 'string') return answer
  const next = answer.next_start_primary_key
  return { ids: await idsOf(answer.rows), next: next && (await idsOf(next))[0] }
}

/** The reader of requests takes one row; the ids of several are found where each row begins. */
async function idsOf(rows: Uint8Array): Promise<number[]> {
  const hex = Buffer.from(rows).toString('hex')
  return hex === ''
    ? []
    : hex
        .slice(8)
        .split('0103040200000069640509000000')
        .slice(1)
        .map((row) => {
          const value = decodeValue(Buffer.from(row.slice(0, 18), 'hex'))
          return value.type === 'integer' ? Number(value.value) : Number.NaN
        })
}

function modelRange(model: Model, { from, to, backwards, limit }: Range): unknown {
  const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const [start, stop] = backwards ? [from ?? high, to ?? low] : [from ?? low, to ?? high]
  if (backwards ? start <= stop : start >= stop) return 'OTSParameterInvalid'
  const ids = [...model.keys()].sort((a, b) => (backwards ? b - a : a - b))
  const inside = ids.filter((id) => (backwards ? id <= start && id > stop : id >= start && id < stop))
  return { ids: inside.slice(0, limit), next: inside[limit] }
}
