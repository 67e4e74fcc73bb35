import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sqliteRecordStore } from './records.ts'
import { SqliteWritingThread } from './sqlite-writing-thread.ts'
import { sqliteStreamStore } from './streams.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

test('databases that share a thread are closed one by one, and the thread ends with the last', async () => {
  const thread = new SqliteWritingThread()
  const [records, streams] = await Promise.all([
    sqliteRecordStore({ file: newPath('records.db'), thread }),
    sqliteStreamStore({ file: newPath('streams.db'), thread }),
  ])
  await Promise.all([records.commit([{ put: 'a', value: 1 }]), streams.append('s', [Buffer.from('1')])])
  await records.close()
  assert.equal(await streams.append('s', [Buffer.from('2')]), 2)
  await streams.close()
  await assert.rejects(sqliteStreamStore({ file: newPath('late.db'), thread }), /this thread has ended/)
})

test('a database that cannot be opened leaves the thread to the others', async () => {
  const thread = new SqliteWritingThread()
  const records = await sqliteRecordStore({ file: newPath('records.db'), thread })
  await assert.rejects(sqliteStreamStore({ file: join(newPath('missing'), 'streams.db'), thread }), {
    code: 'ENOENT',
  })
  await records.commit([{ put: 'a', value: 1 }])
  assert.equal((await records.get('a'))?.value, 1)
  await records.close()
})
