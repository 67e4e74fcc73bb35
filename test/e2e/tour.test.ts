/** The tour of the README: start the platform, deploy the examples, use them, look at them, remove them. */
import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { eventually, type RunningPlatform, repository, startPlatform } from './platform.ts'

const example = (name: string) => ['-t', `examples/${name}/s.yaml`]

/** Deploys an example; the URL of its HTTP trigger, if it has one. */
async function deploy(platform: RunningPlatform, name: string): Promise<string> {
  const output = await platform.must('deploy', ...example(name))
  return /(https?:\/\/\S+)/.exec(output)?.[1]?.replace(/\/$/, '') ?? ''
}

test('the tour: up, deploy, invoke, logs, status, remove, stop', async (t: TestContext) => {
  const platform = await startPlatform(t)
  const { must, hanshu, ask } = platform

  await t.test('the ready file is also in the data folder, for its owner only', async () => {
    const file = join(platform.dataDir, 'ready.json')
    assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), platform.ready)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
  })

  await t.test('an event function in Node.js: deploy, invoke, fail, logs', async () => {
    assert.match(await must('deploy', ...example('nodejs-hello')), /\+ nodejs-hello: create/)
    assert.match(await must('deploy', ...example('nodejs-hello')), /= nodejs-hello: unchanged/)

    const invoked = await hanshu('invoke', 'nodejs-hello', '-e', '{"name":"tour"}', '--tail')
    assert.equal(invoked.exitCode, 0, invoked.notes)
    const { message, requestId } = JSON.parse(invoked.output)
    assert.equal(message, 'Hello, tour!')
    assert.match(invoked.notes, /greeting tour/)
    assert.match(invoked.notes, new RegExp(`FC Invoke End RequestId: ${requestId}`))

    const failed = await hanshu('invoke', 'nodejs-hello', '-e', '{"fail":"on purpose"}')
    assert.equal(failed.exitCode, 1)
    assert.equal(JSON.parse(failed.output).errorMessage, 'on purpose')
    assert.match(failed.notes, /UnhandledInvocationError/)

    const logs = await eventually(
      () => must('logs', 'nodejs-hello', '--request-id', requestId),
      (text) => text.includes('greeting tour'),
    )
    assert.doesNotMatch(logs, /on purpose/)
  })

  await t.test('an event function in Python: the initializer ran once, before the first event', async () => {
    await deploy(platform, 'python-hello')
    const first = JSON.parse(await must('invoke', 'python-hello', '-e', '{"name":"tour"}'))
    assert.equal(first.message, 'Hello, tour!')
    assert.equal(first.initialized, 1)
    assert.equal(first.invocations, 1)
  })

  await t.test('an HTTP trigger on a built-in runtime', async () => {
    const url = await deploy(platform, 'nodejs-esm-http')
    const reply = await ask(`${url}/a%20path?x=1`, {
      method: 'POST',
      body: 'text',
      headers: { 'content-type': 'text/plain' },
    })
    assert.equal(reply.status, 200, reply.body)
    assert.equal(reply.headers['x-example'], 'nodejs-esm-http')
    const { method, path, query, body } = JSON.parse(reply.body)
    assert.deepEqual(
      { method, path, query, body },
      { method: 'POST', path: '/a%20path', query: { x: '1' }, body: 'text' },
    )
    assert.equal((await ask(`${url}/teapot`)).status, 418)
  })

  await t.test("a web server of one's own: pages, server-sent events, WebSocket, invoke", async () => {
    const url = await deploy(platform, 'nodejs-web')
    assert.match((await ask(`${url}/`)).body, /It works/)
    assert.equal(await must('invoke', 'nodejs-web', '-e', 'an event'), 'invoked with an event\n')
    const { host } = new URL(url)
    const events = `${platform.ready.endpoints.edge}/events?count=1000&everyMs=1000`
    assert.equal(await firstEvent(events, host), 'id: 1\ndata: {"tick":1}\n\n')
    assert.equal(await echo(platform.ready.endpoints.edge, host, 'hello'), 'HELLO')
  })

  await t.test('a web server in Python that a bootstrap starts', async () => {
    const url = await deploy(platform, 'python-web')
    const reply = await ask(`${url}/hello?x=1`, { method: 'POST', body: 'some text' })
    assert.deepEqual(JSON.parse(reply.body), {
      method: 'POST',
      path: '/hello?x=1',
      body: 'some text',
      function: 'python-web',
    })
  })

  await t.test('a module of a layer', async () => {
    const publish = ['layer', 'publish', 'greeting', 'examples/nodejs-layer/layer', '--runtime', 'nodejs20']
    const arn = (await must(...publish)).trim()
    assert.match(arn, /^acs:fc:.*:layers\/greeting\/versions\/1$/)
    assert.equal((await must(...publish)).trim(), arn, 'the same layer is not published twice')
    await deploy(platform, 'nodejs-layer')
    assert.equal(
      await must('invoke', 'nodejs-layer', '-e', '{"name":"tour"}'),
      'Greetings from the layer, tour!\n',
    )
  })

  await t.test('an asynchronous invocation runs', async () => {
    const requestId = (await must('invoke', 'nodejs-hello', '-e', '{"name":"later"}', '--async')).trim()
    await eventually(
      () => must('logs', 'nodejs-hello', '--request-id', requestId),
      (text) => text.includes('greeting later'),
    )
  })

  await t.test('timer triggers are deployed as the file has them', async () => {
    const first = await must('deploy', ...example('nodejs-timer'))
    assert.match(first, /\+ trigger nightly: create \(timer\)\n +\+ trigger often: create \(timer\)/)
    const second = await must('deploy', ...example('nodejs-timer'))
    assert.match(second, /= trigger nightly: unchanged\n += trigger often: unchanged/)
    assert.match(await must('function', 'get', 'nodejs-timer'), /CRON_TZ=Asia\/Shanghai 0 0 4/)
  })

  await t.test('status and lists tell what there is', async () => {
    const status = JSON.parse(await must('status', '--output', 'json'))
    assert.equal(status.endpoints.fc, platform.ready.endpoints.fc)
    const functions = JSON.parse(await must('function', 'list', '--output', 'json'))
    assert.deepEqual(
      functions.map(({ functionName }: { functionName: string }) => functionName),
      [
        'nodejs-esm-http',
        'nodejs-hello',
        'nodejs-layer',
        'nodejs-timer',
        'nodejs-web',
        'python-hello',
        'python-web',
      ],
    )
    assert.match(await must('function', 'get', 'nodejs-web'), /triggerName: http/)
    assert.match(await must('layer', 'list'), /greeting +1/)
  })

  await t.test(
    'objects, tables and queues are reached from the command line, by the ready file alone',
    async () => {
      await must('oss', 'mb', 'oss://tour')
      await must('oss', 'cp', '-r', join(repository, 'examples/nodejs-hello'), 'oss://tour/hello')
      assert.match(await must('oss', 'ls', 'oss://tour/hello/'), /s\.yaml/)
      assert.equal(
        await must('oss', 'cp', 'oss://tour/hello/s.yaml', '-'),
        await readFile(join(repository, 'examples/nodejs-hello/s.yaml'), 'utf8'),
      )
      await must('ots', 'create-table', 'tour', 'id:integer', '--instance', 'tour')
      await must('ots', 'put', 'tour', 'id=7', 'name=seven', '--instance', 'tour')
      const row = await must('ots', 'get', 'tour', 'id=7', '--instance', 'tour')
      assert.equal(row, '{"id":7,"name":"seven"}\n')
      await must('mns', 'create', 'tour')
      await must('mns', 'send', 'tour', 'a message')
      assert.equal(await must('mns', 'receive', 'tour', '--wait', '5', '--delete'), 'a message\n')
      assert.match(await must('trigger', 'list', 'nodejs-timer'), /nodejs-timer +nightly +timer/)
    },
  )

  await t.test('removed functions are gone, with their triggers', async () => {
    const names = [
      'nodejs-esm-http',
      'nodejs-hello',
      'nodejs-layer',
      'nodejs-timer',
      'nodejs-web',
      'python-hello',
      'python-web',
    ]
    await must('function', 'remove', ...names)
    assert.deepEqual(JSON.parse(await must('function', 'list', '--output', 'json')), [])
    const gone = await hanshu('invoke', 'nodejs-hello')
    assert.equal(gone.exitCode, 1)
    assert.match(gone.notes, /FunctionNotFound/)
    assert.equal((await hanshu('function', 'remove', 'nodejs-hello')).exitCode, 1)
    assert.equal((await hanshu('function', 'remove', 'nodejs-hello', '--if-exists')).exitCode, 0)
  })

  await t.test('SIGTERM stops it cleanly, and the ready files go', async () => {
    assert.equal(await platform.stop(), 0, platform.log())
    await assert.rejects(stat(platform.readyFile), { code: 'ENOENT' })
    const { exitCode, notes } = await hanshu('status')
    assert.equal(exitCode, 1)
    assert.match(notes, /The platform is not running[\s\S]*Start it with: hanshu up/)
  })
})

/** The first event is there long before the last one is sent: nothing on the way waits for the whole body. */
function firstEvent(url: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers: { host }, agent: false }, (response) => {
      let text = ''
      response.on('error', reject)
      response.on('end', () => reject(new Error(`the events ended with ${response.statusCode}: ${text}`)))
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
        if (!text.includes('\n\n')) return
        resolve(text)
        response.removeAllListeners('error').on('error', () => {})
        request.destroy()
      })
    })
    request.on('error', reject)
    request.end()
  })
}

function echo(edge: string, host: string, message: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${edge.replace('http', 'ws')}/echo`, {
      headers: { host },
      handshakeTimeout: 30_000,
    })
    socket.on('error', reject)
    socket.on('open', () => socket.send(message))
    socket.on('message', (data) => {
      socket.close()
      resolve(String(data))
    })
  })
}
