/**
 * `kill -9` of a platform while rows are written: what was acknowledged is there, with its change in the stream and its
 * row in the index; what was not is there in all three or in none. HANSHU_FAULT_ROUNDS makes it longer.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { sqliteRowStore } from '../../src/drivers/embedded/rows.ts'
import { decodeValue, type EncodedValue } from '../../src/lib/plain-buffer/value.ts'
import { keyCells } from '../../src/products/tables/key.ts'
import { decodeStreamRecord } from '../../src/products/tables/stream-record.ts'
import type { PrimaryKeyColumn } from '../../src/products/tables/table.ts'
import { ignore, long, TableStore, tablesClient } from '../conformance/tables/tables.fixture.ts'
import { type Platform, startPlatform } from '../platform.fixture.ts'

const rounds = Number(process.env['HANSHU_FAULT_ROUNDS'] ?? 3)
const tableName = 'killed'

test(`nothing acknowledged is lost and nothing is torn, ${rounds} times kill -9`, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'hanshu-fault-'))
  const start = () => startPlatform({ sandbox: 'process', dataDir })
  const acknowledged = new Set<number>()
  let next = 0
  let platform: Platform | undefined
  try {
    platform = await start()
    await tablesClient(platform).createTable({
      tableMeta: {
        tableName,
        primaryKey: [{ name: 'id', type: 'INTEGER' }],
        definedColumn: [{ name: 'k', type: TableStore.DefinedColumnType.DCT_INTEGER }],
      },
      reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
      tableOptions: { timeToLive: -1, maxVersions: 1 },
      streamSpecification: { enableStream: true, expirationTime: 24 },
      indexMetas: [{ name: 'killed_index', primaryKey: ['k'], definedColumn: [] }],
    })
    for (let round = 0; round < rounds; round++) {
      const before = acknowledged.size
      const client = tablesClient(platform, { httpOptions: { timeout: 5000, maxSockets: 16 } })
      const writers = Array.from({ length: 16 }, async () => {
        for (;;) {
          const id = next++
          try {
            await client.putRow({
              tableName,
              condition: ignore(),
              primaryKey: [{ id: long(id) }],
              attributeColumns: [{ k: long(id) }],
            })
          } catch {
            return // it was killed
          }
          acknowledged.add(id)
        }
      })
      while (acknowledged.size < before + 100) await pause(5)
      await platform.kill()
      await Promise.all(writers)
      const kept = await keptIn(dataDir)
      assert.deepEqual(kept.index, kept.rows, 'an index is of the same commit as its rows')
      assert.deepEqual(kept.changes, kept.rows, 'a stream is of the same commit as its rows')
      const lost = [...acknowledged].filter((id) => !kept.rows.includes(id))
      assert.deepEqual(lost, [], `round ${round}`)
      platform = await start()
    }
    const { rows } = await tablesClient(platform)
      .batchGetRow({
        tables: [{ tableName, primaryKey: [...acknowledged].slice(0, 100).map((id) => [{ id: long(id) }]) }],
      })
      .then(({ tables }: { tables: object[][] }) => ({ rows: tables[0]! }))
    assert.ok(rows.every((row: object) => 'attributes' in row))
  } finally {
    await platform?.remove()
    await rm(dataDir, { recursive: true, force: true })
  }
})

/** What is in the files, sorted by id. Rows are those of the table whose keys are one integer. */
async function keptIn(dataDir: string): Promise<{ rows: number[]; index: number[]; changes: number[] }> {
  const store = await sqliteRowStore({ file: join(dataDir, 'rows.db') })
  try {
    const kept = { rows: [] as number[], index: [] as number[], changes: [] as number[] }
    for (const name of await store.tables('')) {
      const { rows } = await store.scan(name, { from: Uint8Array.of(0), limit: 1_000_000 })
      for (const { key, data } of rows) {
        if (name.includes('/changes/')) {
          const [cell] = decodeStreamRecord(data).row.primaryKey
          kept.changes.push(idOf(cell!.value!))
        } else if (key.length === 9) kept.rows.push(lastOf(key, 1))
        else kept.index.push(lastOf(key, 2))
      }
    }
    for (const ids of Object.values(kept)) ids.sort((a, b) => a - b)
    return kept
  } finally {
    await store.close()
  }
}

const integer: PrimaryKeyColumn = { name: 'n', type: 'integer', autoIncrement: false }

const lastOf = (key: Uint8Array, columns: number): number =>
  idOf(
    keyCells(
      key,
      Array.from({ length: columns }, () => integer),
    ).at(-1)!.value!,
  )

function idOf(value: EncodedValue): number {
  const decoded = decodeValue(value)
  assert.ok(decoded.type === 'integer')
  return Number(decoded.value)
}
