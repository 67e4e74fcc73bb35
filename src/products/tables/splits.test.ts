import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { memoryRowStore } from '../../drivers/memory/rows.ts'
import { readPlainRow } from '../../lib/plain-buffer/read.ts'
import { computeSplitPointsBySizeRequest, computeSplitPointsBySizeResponse } from './messages/tables.ts'
import { decoded, type RunningTables, runningTables } from './tables.testing.ts'

let tables: RunningTables
before(async () => {
  tables = await runningTables({ records: memoryRecordStore(), rows: memoryRowStore() })
  await tables.createTable('t')
  for (let id = 0; id < 10; id++) await tables.putRow('t', id, { a: 'x'.repeat(1000) })
})
after(() => tables.stop())

const splits = (split_size: bigint, split_size_unit_in_byte?: bigint) =>
  tables.call('ComputeSplitPointsBySize', computeSplitPointsBySizeRequest, computeSplitPointsBySizeResponse, {
    table_name: 't',
    split_size,
    split_size_unit_in_byte,
  })

describe('ComputeSplitPointsBySize', () => {
  it('names the first key of every split but the first', async () => {
    const { split_points, locations, schema } = await splits(3n, 1000n)
    const ids = split_points.map((point) => decoded(readPlainRow(point).primaryKey[0]!.value!))
    assert.deepEqual(ids, [3, 6, 9])
    assert.deepEqual(locations, [{ location: 'local', repeat: 4n }])
    assert.deepEqual(schema, [{ name: 'id', type: 1 }])
  })

  it('leaves a table whole that is smaller than a split', async () => {
    const { split_points, locations } = await splits(1n)
    assert.deepEqual([split_points, locations[0]!.repeat], [[], 1n])
  })

  it('refuses splits of nothing', async () => {
    await assert.rejects(splits(0n), { code: 'OTSParameterInvalid' })
    await assert.rejects(splits(-1n, 5n), { code: 'OTSParameterInvalid' })
  })
})
