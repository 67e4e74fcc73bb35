import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { session } from '../testing/session.ts'

const sYaml = (props = '') => `
edition: 3.0.0
vars:
  name: shop
resources:
  api:
    component: fc3
    props:
      functionName: \${vars.name}-api
      runtime: nodejs20
      handler: index.handler
      code: ./code
      memorySize: 256
      environmentVariables: { MODE: test, PORT: 8080 }
      triggers:
        - triggerName: http
          triggerType: http
          triggerConfig: { authType: anonymous, methods: [GET] }
${props}`

test('a first deploy creates the function and its trigger and prints the URL; a second one writes nothing', async (t) => {
  const { platform, write, hanshu } = await session(t)
  await write('s.yaml', sYaml())
  await write('code/index.js', 'exports.handler = async () => 1')

  const first = await hanshu(['deploy'])
  assert.equal(first.exitCode, 0, first.notes)
  assert.match(first.output, /\+ shop-api: create/)
  assert.match(first.output, /http: http:\/\/shop-api\.example\.localhost/)
  assert.deepEqual(platform.writes(), [
    'POST /2023-03-30/functions',
    'POST /2023-03-30/functions/shop-api/triggers',
  ])
  assert.deepEqual(platform.functions.get('shop-api')?.environmentVariables, { MODE: 'test', PORT: '8080' })
  assert.equal(
    platform.triggers.get('shop-api')?.get('http')?.triggerConfig,
    '{"authType":"anonymous","methods":["GET"]}',
  )

  platform.received.length = 0
  const second = await hanshu(['deploy'])
  assert.equal(second.exitCode, 0, second.notes)
  assert.match(second.output, /= shop-api: unchanged\n {2}= trigger http: unchanged/)
  assert.deepEqual(platform.writes(), [])
})

test('what changed is shown field by field and only that is sent; values of variables are not shown', async (t) => {
  const { platform, write, hanshu } = await session(t)
  await write('s.yaml', sYaml())
  await write('code/index.js', 'exports.handler = async () => 1')
  await hanshu(['deploy'])
  platform.received.length = 0

  const changed = sYaml().replace('memorySize: 256', 'memorySize: 512').replace('MODE: test', 'MODE: s3cret')
  await write('s.yaml', changed)
  const { output, exitCode } = await hanshu(['deploy'])
  assert.equal(exitCode, 0)
  assert.match(output, /~ shop-api: update\n {4}cpu: 0\.2 -> 0\.35\n {4}memorySize: 256 -> 512/)
  assert.match(output, /environmentVariables\.MODE: changed/)
  assert.doesNotMatch(output, /s3cret/)
  const update = platform.received.find(({ method }) => method === 'PUT')
  assert.deepEqual(Object.keys(JSON.parse(update!.body.toString())).sort(), [
    'cpu',
    'environmentVariables',
    'memorySize',
  ])
})

test('--plan shows and does nothing', async (t) => {
  const { platform, write, hanshu } = await session(t)
  await write('s.yaml', sYaml())
  await write('code/index.js', '')
  const { output, exitCode } = await hanshu(['deploy', '--plan'])
  assert.equal(exitCode, 0)
  assert.match(output, /\+ shop-api: create[^\n]*\n {2}\+ trigger http: create/)
  assert.deepEqual(platform.writes(), [])
})

test('code alone that changed is sent alone', async (t) => {
  const { platform, write, hanshu } = await session(t)
  await write('s.yaml', sYaml())
  await write('code/index.js', 'one')
  await hanshu(['deploy'])
  platform.received.length = 0
  await write('code/index.js', 'two')
  const { output } = await hanshu(['deploy'])
  assert.match(output, /~ shop-api: update\n {4}code: /)
  const update = platform.received.find(({ method }) => method === 'PUT')
  assert.deepEqual(Object.keys(JSON.parse(update!.body.toString())), ['code'])
})

test('a trigger that the file has no more is left alone and named, until --prune', async (t) => {
  const { platform, write, hanshu } = await session(t)
  await write('s.yaml', sYaml())
  await write('code/index.js', '')
  await hanshu(['deploy'])
  await write('s.yaml', sYaml().replace(/ {6}triggers:[\s\S]*/, ''))

  const kept = await hanshu(['deploy'])
  assert.match(kept.output, /\? trigger http: not in the file; left alone/)
  assert.equal(platform.triggers.get('shop-api')?.size, 1)
  const pruned = await hanshu(['deploy', '--prune'])
  assert.match(pruned.output, /- trigger http: remove/)
  assert.equal(platform.triggers.get('shop-api')?.size, 0)
})

test('code of more than 10 MB goes through Object Storage, as it is', async (t) => {
  const { platform, write, hanshu } = await session(t)
  await write('s.yaml', sYaml())
  await write('code/index.js', '')
  await write('code/large.bin', randomBytes(11 * 1024 * 1024))
  const { exitCode, notes } = await hanshu(['deploy'])
  assert.equal(exitCode, 0, notes)
  assert.match(notes, /uploading: 11\.0 MB of 11\.0 MB \(100 %\)/)
  const [[where, bytes] = []] = [...platform.uploads]
  assert.equal(where, 'fc-code.oss-cn-hangzhou.aliyuncs.com/1234567890123456/tmp/1.zip')
  assert.ok(bytes!.length > 11 * 1024 * 1024)
  const create = JSON.parse(platform.received.find(({ method }) => method === 'POST')!.body.toString())
  assert.equal(create.code.ossObjectName, '1234567890123456/tmp/1.zip')
  assert.match(create.code.checksum, /^\d+$/)
})

test('a refused trigger is told and fails the deploy, and the others are still made', async (t) => {
  const { platform, write, hanshu } = await session(t)
  await write('s.yaml', sYaml('        - { triggerName: second, triggerType: timer, triggerConfig: {} }\n'))
  await write('code/index.js', '')
  platform.answer = ({ path, method, body }, response) => {
    if (method !== 'POST' || !path.endsWith('/triggers') || body.includes('timer')) return false
    response
      .writeHead(501)
      .end(JSON.stringify({ Code: 'NotImplemented', Message: 'not yet', RequestId: 'r' }))
    return true
  }
  const { exitCode, notes } = await hanshu(['deploy'])
  assert.equal(exitCode, 1)
  assert.match(notes, /shop-api, trigger http: NotImplemented: not yet \(request r\)/)
  assert.deepEqual([...platform.triggers.get('shop-api')!.keys()], ['second'])
})

test('a command in the file is shown, and runs only with --run-actions', async (t) => {
  const { write, hanshu } = await session(t)
  const withAction = sYaml().replace(
    'component: fc3',
    'component: fc3\n    actions: { pre-deploy: [{ run: "echo made > code/made.txt", path: . }] }',
  )
  await write('s.yaml', withAction)
  await write('code/index.js', '')
  const without = await hanshu(['deploy'])
  assert.match(without.notes, /pre-deploy action of api is not run .*: echo made/)
  const withRun = await hanshu(['deploy', '--run-actions'])
  assert.equal(withRun.exitCode, 0, withRun.notes)
  assert.match(withRun.output, /code: .* 2 files/)
})

test('no s.yaml, no such resource, no code: each says what is missing', async (t) => {
  const { write, hanshu } = await session(t)
  assert.match((await hanshu(['deploy'])).notes, /There is no .*s\.yaml\. Name another file with -t/)
  await write('s.yaml', sYaml())
  assert.match((await hanshu(['deploy', 'nope'])).notes, /no resource nope; it has api/)
  assert.match((await hanshu(['deploy'])).notes, /The code .*code cannot be read: it is not there/)
})
