import assert from 'node:assert/strict'
import { test } from 'node:test'
import { session } from '../testing/session.ts'

test('the event is sent as it is and the answer printed as it is', async (t) => {
  const { platform, hanshu } = await session(t)
  platform.answer = ({ body }, response) => {
    response.writeHead(200, { 'x-fc-request-id': '1-2-3' }).end(Buffer.concat([Buffer.from('got '), body]))
    return true
  }
  const { exitCode, output } = await hanshu(['invoke', 'hello', '-e', '{"ä":1}', '--qualifier', 'prod'])
  assert.equal(exitCode, 0)
  assert.equal(output, 'got {"ä":1}\n')
  const [request] = platform.received
  assert.equal(request?.path, '/2023-03-30/functions/hello/invocations')
  assert.equal(request?.query.get('qualifier'), 'prod')
  assert.equal(request?.headers['x-fc-invocation-type'], 'Sync')
})

test('an event comes from standard input or a file', async (t) => {
  const { platform, write, hanshu } = await session(t)
  platform.answer = ({ body }, response) => void response.end(body) === undefined
  await write('event.json', 'from the file')
  assert.equal((await hanshu(['invoke', 'hello', '-f', '-'], 'from input')).output, 'from input\n')
  assert.equal((await hanshu(['invoke', 'hello', '-f', 'event.json'])).output, 'from the file\n')
  assert.match((await hanshu(['invoke', 'hello', '-f', 'nope.json'])).notes, /Cannot read the event/)
})

test('a function error is exit code 1, with its answer on standard output and its log on standard error', async (t) => {
  const { platform, hanshu } = await session(t)
  platform.answer = ({ headers }, response) => {
    assert.equal(headers['x-fc-log-type'], 'Tail')
    const log = Buffer.from('FC Invoke Start\nline\n').toString('base64')
    response.writeHead(200, {
      'x-fc-error-type': 'UnhandledInvocationError',
      'x-fc-request-id': '1-2-3',
      'x-fc-log-result': log,
    })
    response.end('{"errorMessage":"no"}')
    return true
  }
  const { exitCode, output, notes } = await hanshu(['invoke', 'hello', '--tail'])
  assert.equal(exitCode, 1)
  assert.equal(output, '{"errorMessage":"no"}\n')
  assert.match(
    notes,
    /FC Invoke Start\nline\nThe function failed: UnhandledInvocationError \(request 1-2-3\)/,
  )
})

test('an asynchronous invocation prints the request id', async (t) => {
  const { platform, hanshu } = await session(t)
  platform.answer = ({ headers }, response) => {
    assert.equal(headers['x-fc-invocation-type'], 'Async')
    assert.equal(headers['x-fc-async-task-id'], 'task-1')
    response.writeHead(202, { 'x-fc-request-id': '1-2-3' }).end()
    return true
  }
  const { exitCode, output } = await hanshu(['invoke', 'hello', '--async', '--task-id', 'task-1'])
  assert.equal(exitCode, 0)
  assert.equal(output, '1-2-3\n')
})

test('a function that is not there is exit code 1, in the words of the platform', async (t) => {
  const { hanshu } = await session(t)
  const { exitCode, notes } = await hanshu(['invoke', 'nope'])
  assert.equal(exitCode, 1)
  assert.match(notes, /FunctionNotFound/)
})
