/**
 * Random writes, reads, checkpoints, deaths of clients and restarts: whatever their order, a tunnel delivers every change
 * at least once and in its order, and rows with the changes behind them are the table as it is.
 */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { sqliteRecordStore } from '../../../drivers/embedded/records.ts'
import { sqliteRowStore } from '../../../drivers/embedded/rows.ts'
import { temporaryFolder } from '../../../drivers/embedded/temporary-folder.fixture.ts'
import { memoryRecordStore } from '../../../drivers/memory/records.ts'
import { memoryRowStore } from '../../../drivers/memory/rows.ts'
import { ManualClock } from '../../../lib/clock.ts'
import type { PlainCell } from '../../../lib/plain-buffer/cell.ts'
import { integerValue } from '../../../lib/plain-buffer/value.ts'
import type { RecordStore } from '../../../ports/records.ts'
import type { RowStore } from '../../../ports/rows.ts'
import { batchWriteRowRequest, batchWriteRowResponse } from '../messages/rows.ts'
import { decoded, encoded, NOW_MS, type RunningTables, rowOf, runningTables } from '../tables.testing.ts'
import type { TunnelType } from './tunnel.ts'
import { type TunnelRead, tunnelApi, tunnelWorker } from './tunnels.testing.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

const IDS = [0, 1, 2, 3, 4]
const TIMEOUT_SECONDS = 10n
const WORKERS = 2
/** In the place of the number of a change. */
const DELETED = 0

const write = fc.record({
  is: fc.constant('write' as const),
  does: fc.constantFrom('put', 'put', 'update', 'increment', 'unset', 'delete'),
  id: fc.constantFrom(...IDS),
})
const ofWorker = fc.record({
  is: fc.constantFrom('beat', 'read', 'read', 'checkpoint', 'shutdown', 'die'),
  worker: fc.nat(WORKERS - 1),
})
const steps = fc.array(
  fc.oneof(
    { arbitrary: write, weight: 8 },
    { arbitrary: ofWorker, weight: 12 },
    { arbitrary: fc.record({ is: fc.constant('wait' as const), ms: fc.constantFrom(1, 11_000) }), weight: 2 },
    { arbitrary: fc.constant({ is: 'restart' as const }), weight: 1 },
  ),
  { minLength: 5, maxLength: 60 },
)
type Step = typeof steps extends fc.Arbitrary<(infer S)[]> ? S : never
type Write = Extract<Step, { is: 'write' }>

interface Stores {
  records: RecordStore
  rows: RowStore
}

interface Bed {
  open(): Promise<Stores>
  close(stores: Stores): Promise<void>
}

function memoryBed(): Bed {
  const stores = { records: memoryRecordStore(), rows: memoryRowStore() }
  return { open: async () => stores, close: async () => {} }
}

function diskBed(): Bed {
  const [recordsFile, rowsFile] = [newPath('records.db'), newPath('rows.db')]
  return {
    open: async () => ({
      records: await sqliteRecordStore({ file: recordsFile }),
      rows: await sqliteRowStore({ file: rowsFile }),
    }),
    async close({ records, rows }) {
      await records.close()
      await rows.close()
    },
  }
}

describe('a tunnel delivers what it has to', () => {
  for (const type of ['Stream', 'BaseAndStream'] as const) {
    it(`${type}, in memory`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(write, { maxLength: 8 }), steps, fc.boolean(), (before, all, streams) =>
          deliver(type, { before, all, streams }, memoryBed()),
        ),
        { numRuns: 40 },
      )
    })
    it(`${type}, on the disk`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(write, { maxLength: 8 }), steps, fc.boolean(), (before, all, streams) =>
          deliver(type, { before, all, streams }, diskBed()),
        ),
        { numRuns: 3 },
      )
    })
  }
})

interface Course {
  /** Before there is a tunnel. */
  before: Write[]
  all: Step[]
  /** The table has a stream before it has a tunnel. */
  streams: boolean
}

async function deliver(
  type: Exclude<TunnelType, 'BaseData'>,
  { before, all, streams }: Course,
  bed: Bed,
): Promise<void> {
  const clock = new ManualClock(NOW_MS)
  let stores = await bed.open()
  const start = () => runningTables({ ...stores, clock, tunnelPage: { limit: 2, bytesMax: 1_000_000 } })
  let tables = await start()
  let writes = 0
  /** Of every change since the tunnel was made, by row: a number that no other has, or `DELETED`, in their order. */
  const changed = new Map<number, number[]>(IDS.map((id) => [id, []]))
  const model = new Map<number, Record<string, string | number>>()

  const doWrite = async (wanted: Write): Promise<void> => {
    const row = model.get(wanted.id)
    const number = ++writes
    if ((await rowWrite(tables, wanted, row, number)) && isMade)
      changed.get(wanted.id)!.push(wanted.does === 'delete' ? DELETED : number)
    const now = await tables.getRow('t', wanted.id)
    if (now) model.set(wanted.id, now)
    else model.delete(wanted.id)
  }

  let isMade = false
  try {
    await tables.createTable(
      't',
      {},
      streams ? { stream_spec: { enable_stream: true, expiration_time: 24, columns_to_get: [] } } : {},
    )
    for (const wanted of before) await doWrite(wanted)
    const api = tunnelApi(() => tables)
    const tunnelId = await api.create('t', 'n', type)
    isMade = true

    const reader = follower()
    const newWorker = () => tunnelWorker(api, tunnelId, reader.process, TIMEOUT_SECONDS)
    const workers = Array.from({ length: WORKERS }, newWorker)
    for (const step of all) {
      if (step.is === 'write') await doWrite(step)
      else if (step.is === 'wait') clock.advance(step.ms)
      else if (step.is === 'restart') {
        await tables.stop()
        await bed.close(stores)
        stores = await bed.open()
        tables = await start()
      } else if (step.is === 'die') workers[step.worker] = newWorker()
      else await workers[step.worker]![step.is]()
    }

    // Who died is given up; one that is left reads everything.
    clock.advance(Number(TIMEOUT_SECONDS) * 1000 + 1)
    const last = newWorker()
    for (let idle = 0; idle < 3; ) {
      await last.beat()
      idle = (await last.read()) === 0 ? idle + 1 : 0
      await last.checkpoint()
    }
    assert.deepEqual(reader.changed(), changed)
    if (type === 'BaseAndStream') assert.deepEqual(reader.rows(), model)
    const { tunnel } = await api.describe('t', 'n')
    assert.deepEqual([tunnel.stage, tunnel.expired], ['ProcessStream', false])
    assert.deepEqual(tables.defects, [])
  } finally {
    await tables.stop()
    await bed.close(stores)
  }
}

/** Whether it changed something. Each has its number in the column `w`, but a deletion. */
async function rowWrite(
  tables: RunningTables,
  { does, id }: Write,
  row: object | undefined,
  number: number,
): Promise<boolean> {
  const mark: PlainCell = { name: 'w', value: encoded(number) }
  const cells: Record<Exclude<Write['does'], 'delete'>, PlainCell[]> = {
    put: [mark],
    update: [{ name: 'u', value: encoded(`u${number}`) }, mark],
    increment: [{ name: 'i', value: integerValue(3n), op: 'increment' }, mark],
    unset: [{ name: 'u', op: 'deleteAllVersions' }, mark],
  }
  const written =
    does === 'delete'
      ? { type: 3 as const, row_change: rowOf(id, [], true) }
      : { type: does === 'put' ? (1 as const) : (2 as const), row_change: rowOf(id, cells[does]) }
  const { tables: answers } = await tables.call(
    'BatchWriteRow',
    batchWriteRowRequest,
    batchWriteRowResponse,
    { tables: [{ table_name: 't', rows: [{ ...written, condition: { row_existence: 0 } }] }] },
  )
  assert.equal(answers[0]!.rows[0]!.is_ok, true)
  return does !== 'delete' || row !== undefined
}

/** Does with records what somebody would who keeps a copy of the table. */
function follower() {
  const rows = new Map<number, Record<string, string | number>>()
  /** By place: the first time that each change came, in the order in which they came. */
  const first = new Map<string, TunnelRead>()

  function apply({ action, row: { primaryKey, attributes } }: TunnelRead): void {
    const id = Number(decoded(primaryKey[0]!.value!))
    if (action === 3) return void rows.delete(id)
    const row = action === 1 ? {} : { ...rows.get(id) }
    for (const { name, value, op } of attributes) {
      if (op === undefined) row[name] = decoded(value!)
      else delete row[name]
    }
    rows.set(id, row)
  }

  return {
    process(records: TunnelRead[]): void {
      for (const record of records) {
        apply(record)
        if (!record.place) {
          assert.equal(first.size, 0, 'a row came after a change')
          continue
        }
        const place = `${record.place.timestampUs}:${record.place.rowIndex}`
        if (!first.has(place)) first.set(place, record)
      }
    },
    rows: () => rows,
    /** A deletion has no number: that it is one, in the place where it stands. */
    changed(): Map<number, number[]> {
      const numbers = new Map<number, number[]>(IDS.map((id) => [id, []]))
      for (const { action, row } of first.values()) {
        const id = Number(decoded(row.primaryKey[0]!.value!))
        const mark = row.attributes.find(({ name }) => name === 'w')
        assert.equal(mark === undefined, action === 3)
        numbers.get(id)!.push(mark ? Number(decoded(mark.value!)) : DELETED)
      }
      return numbers
    },
  }
}
