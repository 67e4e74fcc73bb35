import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { memoryRecordStore } from '../../../drivers/memory/records.ts'
import { memoryRowStore } from '../../../drivers/memory/rows.ts'
import { root, runningTables } from '../../../products/tables/tables.testing.ts'
import { run } from '../../run.ts'
import { scriptedTerminal } from '../../testing/scripted-terminal.ts'

async function session(t: TestContext) {
  const tables = await runningTables({ records: memoryRecordStore(), rows: memoryRowStore() })
  t.after(() => tables.stop())
  return async (words: string[], script: { answers?: string[]; environment?: object } = {}) => {
    const terminal = scriptedTerminal({
      ...script,
      environment: {
        HANSHU_DATA: '/no/such/folder',
        HANSHU_OTS_ENDPOINT: `http://127.0.0.1:${tables.port}`,
        HANSHU_OTS_INSTANCE: 'shop',
        HANSHU_ACCESS_KEY_ID: root.accessKeyId,
        HANSHU_ACCESS_KEY_SECRET: root.accessKeySecret,
        ...script.environment,
      },
    })
    const exitCode = await run(['ots', ...words], terminal)
    return { exitCode, output: terminal.output(), notes: terminal.notes() }
  }
}

test('tables are created, listed, described and dropped', async (t) => {
  const hanshu = await session(t)
  const made = await hanshu(['create-table', 'orders', 'customer:string', 'id:integer', '--versions', '2'])
  assert.equal(made.output, 'created the table orders\n')
  await hanshu(['create-table', 'other', 'id:binary', '--stream', '24', '--instance', 'elsewhere'])
  assert.match((await hanshu(['describe', 'other', '--instance', 'elsewhere'])).output, /streamHours: 24/)
  assert.equal((await hanshu(['list'])).output, 'orders\n')
  assert.equal((await hanshu(['list', '--output', 'json', '--instance', 'none'])).output, '[]\n')
  assert.match(
    (await hanshu(['describe', 'orders'])).output,
    /^table: orders\nprimaryKey: customer:string, id:integer\ntimeToLiveSeconds: -1\nmaxVersions: 2\n/,
  )
  assert.equal((await hanshu(['drop-table', 'orders'])).exitCode, 2)
  assert.equal((await hanshu(['drop-table', 'orders'], { answers: ['n'] })).exitCode, 1)
  assert.equal((await hanshu(['drop-table', 'orders', '-f'])).output, 'dropped the table orders\n')
  const gone = await hanshu(['describe', 'orders'])
  assert.equal(gone.exitCode, 1)
  assert.match(gone.notes, /OTSObjectNotExist: hanshu ots list shows the tables/)
})

test('rows are put, read, changed and deleted, with values of every type', async (t) => {
  const hanshu = await session(t)
  await hanshu(['create-table', 'orders', 'customer:string', 'id:integer'])
  const key = ['customer=安 n', 'id=9007199254740993']
  const columns = [
    'text=a=b:=c',
    'n:=-9223372036854775808',
    'whole:=2.0',
    'half:=0.5',
    'yes:=true',
    'bytes:={"base64": "AP8="}',
  ]
  const put = await hanshu(['put', 'orders', ...columns, ...key])
  assert.deepEqual(
    [put.exitCode, put.output],
    [0, 'put {"customer":"安 n","id":9007199254740993}\n'],
    put.notes,
  )
  const row =
    '{"customer":"安 n","id":9007199254740993,"bytes":{"base64":"AP8="},"half":0.5,' +
    '"n":-9223372036854775808,"text":"a=b:=c","whole":2.0,"yes":true}\n'
  assert.equal((await hanshu(['get', 'orders', ...key])).output, row)
  assert.equal(
    (await hanshu(['get', 'orders', ...key, '--columns', 'half'])).output,
    '{"customer":"安 n","id":9007199254740993,"half":0.5}\n',
  )
  const changes = ['--remove', 'bytes', '--remove', 'n', '--increment', 'count=5', 'yes:=false']
  const changed = await hanshu(['update', 'orders', ...key, ...changes])
  assert.equal(changed.exitCode, 0, changed.notes)
  await hanshu(['update', 'orders', ...key, '--increment', 'count=-2'])
  assert.match(
    (await hanshu(['get', 'orders', ...key])).output,
    /993,"count":3,"half":0\.5,"text":"a=b:=c","whole":2\.0,"yes":false\}/,
  )
  const there = await hanshu(['put', 'orders', ...key, 'a=b', '--if-absent'])
  assert.equal(there.exitCode, 1)
  assert.match(there.notes, /OTSConditionCheckFail/)
  assert.match((await hanshu(['delete', 'orders', ...key])).output, /^deleted \{/)
  const gone = await hanshu(['get', 'orders', ...key])
  assert.deepEqual([gone.exitCode, gone.notes], [1, 'There is no such row in orders.\n'])
  assert.equal((await hanshu(['delete', 'orders', ...key, '--if-exists'])).exitCode, 1)
  assert.equal((await hanshu(['update', 'orders', ...key, 'a=b', '--if-exists'])).exitCode, 1)
})

test('a key that the table numbers is printed', async (t) => {
  const hanshu = await session(t)
  await hanshu(['create-table', 'log', 'device:string', 'at:integer:auto'])
  const { output, notes } = await hanshu(['put', 'log', 'device=a', 'text=hello'])
  assert.match(output, /^\{"device":"a","at":\d+\}\n$/, notes)
  const { at } = JSON.parse(output)
  assert.match((await hanshu(['get', 'log', 'device=a', `at=${at}`])).output, /"text":"hello"/)
})

test('ranges are read in both directions, in pages, by a part of the key', async (t) => {
  const hanshu = await session(t)
  await hanshu(['create-table', 'r', 'a:string', 'b:integer', 'c:integer'])
  for (const a of ['x', 'y']) {
    for (const b of [1, 2, 3])
      for (const c of [1, 2]) await hanshu(['put', 'r', `a=${a}`, `b=${b}`, `c=${c}`])
  }
  const keys = async (...words: string[]) => {
    const { output, notes, exitCode } = await hanshu(['range', 'r', ...words])
    assert.equal(exitCode, 0, notes)
    return output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Object.values(JSON.parse(line)).join(''))
  }
  const all = ['x11', 'x12', 'x21', 'x22', 'x31', 'x32', 'y11', 'y12', 'y21', 'y22', 'y31', 'y32']
  assert.deepEqual(await keys(), all)
  assert.deepEqual(await keys('--reverse'), all.toReversed())
  assert.deepEqual(await keys('--limit', '3'), all.slice(0, 3))
  assert.deepEqual(await keys('a=y', '--from', 'b=2'), ['y21', 'y22', 'y31', 'y32'])
  assert.deepEqual(await keys('a=y', '--to', 'b=2'), ['y11', 'y12'])
  assert.deepEqual(await keys('a=y', '--from', 'b=3', '--to', 'b=1', '--reverse'), [
    'y32',
    'y31',
    'y22',
    'y21',
  ])
  assert.deepEqual(await keys('a=x', 'b=2', '--from', 'c=2'), ['x22'])
  assert.deepEqual(await keys('--from', 'a=y'), all.slice(6))
  const json = JSON.parse((await hanshu(['range', 'r', 'a=x', 'b=1', '--output', 'json'])).output)
  assert.deepEqual(json, [{ a: 'x', b: 1, c: 1 }, { a: 'x', b: 1, c: 2 }]) // biome-ignore format: one line
  assert.equal((await hanshu(['range', 'r', 'a=z', '--output', 'json'])).output, '[]\n')
})

test('a range of more rows than one answer holds is read to its end', async (t) => {
  const hanshu = await session(t)
  await hanshu(['create-table', 'big', 'id:integer'])
  const text = 'x'.repeat(400_000)
  for (let id = 0; id < 12; id++) await hanshu(['put', 'big', `id=${id}`, `text=${text}`])
  const { output } = await hanshu(['range', 'big', '--output', 'json'])
  assert.deepEqual(JSON.parse(output).map(({ id }: { id: number }) => id), Array.from({ length: 12 }, (_, id) => id)) // biome-ignore format: one line
})

test('what cannot be meant is said, and what is missing', async (t) => {
  const hanshu = await session(t)
  await hanshu(['create-table', 't', 'a:string', 'b:integer'])
  for (const [words, said] of [
    [['get', 't', 'a=1'], /The key of the table has a column b \(integer\): say b=…/],
    [['get', 't', 'a=1', 'b=1', 'c=1'], /c is no column of the key\. It has: a \(string\), b \(integer\)/],
    [['get', 't', 'a=1', 'b=one'], /b is an integer of 64 bits, not one/],
    [['get', 't', 'a=1', 'b=9223372036854775808'], /b is an integer of 64 bits/],
    [['put', 't', 'a=1', 'b=1', 'c:=text'], /c:=text is not JSON\. A text is written c=text/],
    [['put', 't', 'a=1', 'b=1', 'c:=null'], /no value of a column/],
    [['put', 't', 'a'], /a is no column/],
    [['put', 't', 'a=1', 'b=1', 'a=2'], /twice/],
    [['update', 't', 'a=1', 'b=1'], /Nothing is to be changed/],
    [['range', 't', 'b=1'], /fixed from the first on: say a=/],
    [['range', 't', '--from', 'b=1'], /--from and --to are about a here/],
    [['range', 't', 'a=1', 'b=1'], /hanshu ots get reads a single row/],
    [['create-table', 't', 'a:text'], /a:text is no column of a key/],
    [['create-table', 't', 'a:string:auto'], /no column of a key/],
  ] as [string[], RegExp][]) {
    const { exitCode, notes } = await hanshu(words)
    assert.equal(exitCode, 2, words.join(' '))
    assert.match(notes, said)
  }
  assert.match(
    (await hanshu(['list'], { environment: { HANSHU_OTS_INSTANCE: '' } })).notes,
    /Which instance\?/,
  )
  const denied = await hanshu(['list'], { environment: { HANSHU_ACCESS_KEY_SECRET: 'other' } })
  assert.equal(denied.exitCode, 1)
  assert.match(denied.notes, /OTSAuthFailed/)
})
