/** DisableFunctionInvocation and what is under way then, through the vendor's SDK. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { describe, test } from 'node:test'
import { WebSocket } from 'ws'
import { createFunction, httpTrigger, invoke } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { assertRefused, logOf, request, requestWith, sharedPlatform } from '../conformance.fixture.ts'

const bed = sharedPlatform()

const disable = (functionName: string, fields: object) =>
  bed.client.disableFunctionInvocation(functionName, request('DisableFunctionInvocation', fields))
const logged = (functionName: string, word: string, times = 1) =>
  until(
    async () =>
      (await logOf(bed.platform, functionName)).filter((line) => line.endsWith(word)).length === times,
    { what: `'${word}' to be logged` },
  )
const noInstance = (functionName: string) =>
  until(
    async () => {
      const { body } = await bed.client.listInstances(functionName, request('ListInstances'))
      return body.instances.length === 0
    },
    { what: 'no instance to be left' },
  )
/** How it ended, whatever was sent of it. */
const ending = (promise: Promise<unknown>) => promise.then(() => 'ended', (error) => error.code as string) // biome-ignore format: one line

describe('a function that is disabled', () => {
  test('goes on with what is under way, unless all of it is to be ended', async () => {
    await createFunction(bed.client, {
      functionName: 'calls',
      timeout: 600,
      files: {
        'index.js': `exports.handler = (event, context, callback) => {
          console.log('CALLED ' + event)
          const endsMs = event.toString().endsWith('soon') ? 100 : 500_000
          if (process.env.MENDED) callback(null, 'done')
          else setTimeout(callback, endsMs, null, 'done')
        }`,
      },
    })
    // Of another version, too.
    await bed.client.publishFunctionVersion('calls', requestWith('PublishFunctionVersion', {}))
    const finishing = invoke(bed.client, 'calls', 'ends soon')
    await logged('calls', 'CALLED ends soon')
    await disable('calls', { reason: 'repairs' })
    assert.equal((await finishing).body, 'done')
    await noInstance('calls')
    await bed.client.enableFunctionInvocation('calls')

    const endless = ['one', 'two'].map((event) => invoke(bed.client, 'calls', event))
    const ofVersion = invoke(bed.client, 'calls', 'three', { qualifier: '1' })
    await invoke(bed.client, 'calls', 'later', { xFcInvocationType: 'Async' })
    for (const event of ['one', 'two', 'three', 'later']) await logged('calls', `CALLED ${event}`)
    const other = await createFunction(bed.client, {
      functionName: 'bystander',
      files: {
        'index.js': `exports.handler = () => new Promise((done) => setTimeout(done, 3000, 'in peace'))`,
      },
    })
    assert.equal(other.statusCode, 200)
    const peaceful = invoke(bed.client, 'bystander')
    assert.equal((await disable('calls', { abortOngoingRequest: true })).body.success, true)
    for (const call of [...endless, ofVersion])
      await assertRefused(call, 403, 'FunctionInvocationDisabled', /under way, and was ended/)
    await noInstance('calls')
    assert.equal((await peaceful).body, 'in peace')

    // What was accepted is not lost: it is called again when it may be.
    await bed.client.updateFunction(
      'calls',
      requestWith('UpdateFunction', { environmentVariables: { MENDED: 'yes' } }),
    )
    await bed.client.enableFunctionInvocation('calls')
    await logged('calls', 'CALLED later', 2)
    assert.equal((await invoke(bed.client, 'calls', 'one more')).body, 'done')
  })

  test('breaks off what it streams, and its connections', async () => {
    await createFunction(bed.client, {
      functionName: 'streams',
      runtime: 'custom',
      handler: 'x',
      timeout: 600,
      instanceConcurrency: 10,
      files: {
        bootstrap: {
          mode: 0o100755,
          content: `#!/bin/sh\nexec node server.js`,
        },
        'server.js': `const { createHash } = require('node:crypto')
          const server = require('node:http').createServer((request, response) => {
            if (request.url !== '/endless') return console.log('SILENT')
            response.write('x')
            setInterval(() => response.write('x'), 50)
          })
          server.on('upgrade', (request, socket) => {
            const key = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
            socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + key + '\\r\\n\\r\\n')
          })
          server.listen(9000, '0.0.0.0')`,
      },
    })
    const url = await httpTrigger(bed.client, bed.platform, 'streams')
    const stream = httpRequest(`${url}/endless`, { agent: false }).end()
    const [response] = await once(stream, 'response')
    await once(response, 'data')
    const streamed = ending(once(response.resume(), 'end'))
    const silent = httpRequest(`${url}/silent`, { agent: false }).end()
    const answered = once(silent, 'response')
    await logged('streams', 'SILENT')
    const socket = new WebSocket(`${url.replace('http', 'ws')}/`)
    await once(socket, 'open')
    const closed = once(socket, 'close')

    await disable('streams', { abortOngoingRequest: true, reason: 'repairs' })
    assert.equal(await streamed, 'ECONNRESET')
    const [refused] = await answered
    assert.equal(refused.statusCode, 403)
    const chunks: Buffer[] = []
    for await (const chunk of refused) chunks.push(chunk)
    assert.equal(JSON.parse(Buffer.concat(chunks).toString()).Code, 'FunctionInvocationDisabled')
    await closed
    await noInstance('streams')
  })

  test('loses its provisioned instances until it is enabled', async () => {
    await createFunction(bed.client, {
      functionName: 'kept',
      files: { 'index.js': 'exports.handler = async () => "kept"' },
    })
    const query = { qualifier: 'LATEST' }
    await bed.client.putProvisionConfig('kept', requestWith('PutProvisionConfig', { target: 1 }, query))
    const isKept = (count: number, because?: RegExp) =>
      until(
        async () => {
          const { body } = await bed.client.getProvisionConfig('kept', request('GetProvisionConfig', query))
          return body.current === count && (because?.test(body.currentError ?? '') ?? true) && body
        },
        { what: `${count} to be kept` },
      )
    await isKept(1)
    await disable('kept', {})
    await noInstance('kept')
    assert.equal((await isKept(0, /disabled/)).target, 1)
    await bed.client.enableFunctionInvocation('kept')
    assert.equal((await isKept(1)).currentError, undefined)
  })
})
