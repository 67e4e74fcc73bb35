/**
 * What a platform is relied on for, seen from the outside: memory that does not grow, limits that hold, starts that take long
 * or fail, logs that are complete, functions that are switched off. `HANSHU_TEST_REQUESTS=100000` makes the first one long.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Agent, request as httpRequest } from 'node:http'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { signAcs3 } from '../../src/lib/signing/acs3.ts'
import { createFunction, fc3Client, httpTrigger, invoke, models, type Sdk } from '../clients.fixture.ts'
import { logOf, request, requestWith } from '../conformance/conformance.fixture.ts'
import { noSandboxesHere, type Platform, startPlatform, until } from '../platform.fixture.ts'
import { ownerOf, rssMb, statusOf, traces } from './machine.fixture.ts'

const sandbox = (await noSandboxesHere()) ? 'process' : 'oci'
const requests = Number(process.env['HANSHU_TEST_REQUESTS'] ?? 6000)
/** What the platform may have more after the second half of the requests than after the first. */
const growthMaxMb = 24

describe(`a platform on the ${sandbox} sandbox`, { timeout: 280_000 }, () => {
  let platform: Platform
  let client: Sdk

  before(async () => {
    platform = await startPlatform({ sandbox, environment: { HANSHU_POOL_SIZE: '2' } })
    client = fc3Client(platform, { connectTimeout: 120_000, maxIdleConns: 200 })
  })
  after(async () => {
    if (!platform) return
    const owner = await ownerOf(platform.dataDir)
    const code = await platform.stop()
    await platform.remove()
    assert.equal(code, 0, platform.log())
    assert.deepEqual(await traces(owner), [])
  })

  const source = (text: string) => ({ 'index.js': text })
  /** So many callers at once, one call after the other each. Answers what was not as it should be. */
  async function callMany(
    count: number,
    callers: number,
    call: (index: number) => Promise<string | undefined>,
  ): Promise<string[]> {
    let next = 0
    const wrong: string[] = []
    const caller = async () => {
      for (let index = next++; index < count; index = next++) {
        const found = await call(index)
        if (found !== undefined) wrong.push(`${index}: ${found}`)
      }
    }
    await Promise.all(Array.from({ length: callers }, caller))
    return wrong
  }

  test(`its memory does not grow with ${requests} requests`, {
    timeout: 60_000 + requests * 10,
  }, async () => {
    await createFunction(client, {
      functionName: 'flat',
      files: source(`exports.handler = async (event) => { console.log('a line'); return 'x'.repeat(1000) }`),
    })
    const url = await httpTrigger(client, platform, 'flat')
    const agent = new Agent({ keepAlive: true, maxSockets: 16 })
    const get = () =>
      new Promise<string | undefined>((resolve) => {
        httpRequest(url, { agent }, (response) => {
          let sizeBytes = 0
          response
            .on('data', (chunk: Buffer) => (sizeBytes += chunk.length))
            .once('end', () =>
              resolve(
                response.statusCode === 200 && sizeBytes === 1000
                  ? undefined
                  : `${response.statusCode}, ${sizeBytes} bytes`,
              ),
            )
        })
          .once('error', (error) => resolve(String(error)))
          .end()
      })
    try {
      const half = async (): Promise<number> => {
        assert.deepEqual(await callMany(requests / 2, 16, get), [])
        return rssMb(platform.pid)
      }
      const before = await half()
      const after = await half()
      assert.ok(after - before < growthMaxMb, `${before.toFixed(1)} MB, then ${after.toFixed(1)} MB`)
    } finally {
      agent.destroy()
    }
  })

  test('its reserved concurrency holds while calls wait and the function is written to', async () => {
    await createFunction(client, {
      functionName: 'bounded',
      timeout: 60,
      memorySize: 128,
      cpu: 0.1,
      files: source(`exports.handler = async () => { await new Promise((done) => setTimeout(done, 100)) }`),
    })
    await client.publishFunctionVersion('bounded', requestWith('PublishFunctionVersion', {}))
    await client.createAlias('bounded', requestWith('CreateAlias', { aliasName: 'prod', versionId: '1' }))
    await client.putConcurrencyConfig(
      'bounded',
      requestWith('PutConcurrencyConfig', { reservedConcurrency: 3 }),
    )
    let most = 0
    let done = false
    const watching = (async () => {
      while (!done) {
        const { instances } = await statusOf(platform)
        most = Math.max(most, instances.filter(({ functionName }) => functionName === 'bounded').length)
      }
    })()
    const writing = (async () => {
      for (let count = 0; !done; count++)
        await client.updateAlias('bounded', 'prod', requestWith('UpdateAlias', { description: `${count}` }))
    })()
    const refusals: string[] = []
    const burst = await Promise.allSettled(
      Array.from({ length: 120 }, () => invoke(client, 'bounded', '', { qualifier: 'prod' })),
    )
    const more = await callMany(60, 6, () =>
      invoke(client, 'bounded', '', { qualifier: 'prod' }).then(
        () => undefined,
        (error) => void refusals.push(`${error.statusCode} ${error.code}`),
      ),
    )
    done = true
    await Promise.all([watching, writing])
    assert.ok(most >= 1 && most <= 3, `${most} instances`)
    for (const outcome of burst)
      if (outcome.status === 'rejected') refusals.push(`${outcome.reason.statusCode} ${outcome.reason.code}`)
    assert.deepEqual(
      [...new Set(refusals)].filter((text) => text !== '429 ResourceExhausted'),
      [],
    )
    assert.ok(burst.filter(({ status }) => status === 'fulfilled').length >= 3)
    assert.deepEqual(more, [])
  })

  test('who starts slowly is waited for; who fails to start says so and is in nobody’s way', async () => {
    const slowServer = (afterMs: number) => ({
      'server.js': `setTimeout(() => require('node:http').createServer((request, response) => {
        request.resume()
        response.end('served')
      }).listen(9000), ${afterMs})`,
    })
    const custom = (functionName: string, files: Record<string, string>) =>
      createFunction(client, {
        functionName,
        runtime: 'custom.debian12',
        timeout: 5,
        customRuntimeConfig: new models.CustomRuntimeConfig({ command: ['node', 'server.js'], port: 9000 }),
        files,
      })
    await custom('slow-server', slowServer(20_000))
    await custom('no-server', { 'server.js': `console.error('no such setting'); process.exit(7)` })
    const withInitializer = (functionName: string, body: string) =>
      createFunction(client, {
        functionName,
        timeout: 3,
        instanceLifecycleConfig: new models.InstanceLifecycleConfig({
          initializer: new models.LifecycleHook({ handler: 'index.initializer', timeout: 60 }),
        }),
        files: source(`exports.initializer = async () => { ${body} }
          exports.handler = async () => 'served'`),
      })
    await withInitializer('slow-initializer', 'await new Promise((done) => setTimeout(done, 15_000))')
    await withInitializer('no-initializer', `throw new Error('no such table')`)
    await createFunction(client, {
      functionName: 'bystander',
      files: source(`exports.handler = async () => 'served'`),
    })

    let slowDone = false
    const slow = Promise.all([
      invoke(client, 'slow-server'),
      invoke(client, 'slow-server'),
      invoke(client, 'slow-initializer'),
    ]).finally(() => {
      slowDone = true
    })
    const failing = await callMany(24, 12, async (index) => {
      const [functionName, text] =
        index % 2 === 0
          ? (['no-server', /exited|no such setting/] as const)
          : (['no-initializer', /no such table/] as const)
      const said = await invoke(client, functionName).then(
        ({ headers, body }) => `${headers['x-fc-error-type']} ${body}`,
        ({ code, message }) => `${code} ${message}`,
      )
      return /^(InitializationError|CAExited) /.test(said) && text.test(said)
        ? undefined
        : `${functionName}: ${said}`
    })
    assert.deepEqual(failing, [])
    const others = await callMany(20, 2, async () => {
      const { body } = await invoke(client, 'bystander')
      return body === 'served' ? undefined : body
    })
    assert.deepEqual(others, [])
    // All of that while the slow ones were on their way: none of it had to wait for them.
    assert.equal(slowDone, false)
    assert.deepEqual(
      (await slow).map(({ body, headers }) => [body, headers['x-fc-error-type']]),
      Array(3).fill(['served', undefined]),
    )
    assert.equal(
      (await statusOf(platform)).instances.some(({ functionName }) => functionName.startsWith('no-')),
      false,
    )
  })

  test('each line of a thousand invocations is in the log once, in order, and a follower sees it as it comes', async () => {
    await createFunction(client, {
      functionName: 'talks',
      files: source(`exports.handler = async (event) => {
        const number = String(event)
        console.log('call ' + number + ' line 0')
        await new Promise((done) => setTimeout(done, Number(number) % 7))
        console.log('call ' + number + ' line 1')
        process.stdout.write('call ' + number + ' line 2\\n')
        return number
      }`),
    })
    const following = await follow('talks')
    const wrong = await callMany(1000, 24, async (index) => {
      const { body, headers } = await invoke(client, 'talks', String(index))
      return body === String(index) && !headers['x-fc-error-type'] ? undefined : body
    })
    assert.deepEqual(wrong, [])
    await until(() => following.lines.filter((line) => /call \d+ line \d/.test(line)).length >= 3000, {
      what: 'the lines at the follower',
    })
    following.end()
    for (const lines of [following.lines, await logOf(platform, 'talks')]) {
      const seen = new Map<string, string[]>()
      for (const line of lines) {
        const [, number, part] = /call (\d+) line (\d)/.exec(line) ?? []
        if (number !== undefined) seen.set(number, [...(seen.get(number) ?? []), part!])
      }
      assert.equal(seen.size, 1000)
      assert.deepEqual(
        [...seen].filter(([, parts]) => parts.join() !== '0,1,2'),
        [],
      )
    }
  })

  test('what is disabled never runs, whichever way it is called, and what had been accepted runs when it is enabled', async () => {
    await createFunction(client, {
      functionName: 'off',
      files: source(`exports.handler = async (event) => { console.log('RAN ' + event) }`),
    })
    const url = await httpTrigger(client, platform, 'off')
    await client.createTrigger(
      'off',
      requestWith('CreateTrigger', {
        triggerName: 'often',
        triggerType: 'timer',
        triggerConfig: JSON.stringify({ cronExpression: '@every 1m', enable: false, payload: 'tick' }),
      }),
    )
    await client.updateTrigger(
      'off',
      'often',
      requestWith('UpdateTrigger', {
        triggerConfig: JSON.stringify({ cronExpression: '* * * * * *', enable: true, payload: 'tick' }),
      }),
    )
    await until(async () => (await logOf(platform, 'off')).some((line) => /RAN .*tick/.test(line)), {
      what: 'a tick',
    })
    // An event that is accepted, and cannot be called before the function is disabled.
    await client.putConcurrencyConfig('off', requestWith('PutConcurrencyConfig', { reservedConcurrency: 0 }))
    assert.equal((await invoke(client, 'off', 'later', { xFcInvocationType: 'Async' })).statusCode, 202)
    await client.disableFunctionInvocation('off', request('DisableFunctionInvocation', { reason: 'repairs' }))
    // A tick that had begun may still be writing.
    await until(
      async () =>
        (await statusOf(platform)).instances.every(
          ({ functionName, state }) => functionName !== 'off' || state !== 'busy',
        ),
      { what: 'the end of what ran' },
    )
    await client.deleteConcurrencyConfig('off')
    const runs = async () => (await logOf(platform, 'off')).filter((line) => /RAN/.test(line)).length
    const before = await runs()
    const started = performance.now()
    for (let round = 0; round < 20 || performance.now() - started < 2500; round++) {
      const outcome = await invoke(client, 'off', 'sync').then(
        () => 'ran',
        ({ code }) => code,
      )
      assert.equal(outcome, 'FunctionInvocationDisabled')
      assert.equal((await fetch(url)).status, 403)
    }
    assert.equal(await runs(), before)
    await client.enableFunctionInvocation('off')
    await until(async () => (await logOf(platform, 'off')).some((line) => /RAN later/.test(line)), {
      what: 'the event that was accepted before',
    })
  })

  /** The messages of a log as they come, until `end`. Resolves when the platform has let it in. */
  function follow(functionName: string): Promise<{ lines: string[]; end(): void }> {
    const path = `/hanshu/functions/${functionName}/logs?follow=true&limit=1`
    const [rawPath = '', rawQuery = ''] = path.split('?')
    const { host } = new URL(platform.endpoints.fc)
    const headers = signAcs3({ method: 'GET', rawPath, rawQuery, headers: { host }, body: '' }, platform, {
      nowMs: Date.now(),
      nonce: randomUUID(),
    })
    return new Promise((resolve, reject) => {
      const asked = httpRequest(`${platform.endpoints.fc}${path}`, { headers, agent: false }, (response) => {
        const lines: string[] = []
        createInterface(response)
          .on('line', (line) => line !== '' && lines.push(JSON.parse(line).message))
          // It is ended from this side.
          .on('error', () => {})
        response.on('error', () => {})
        resolve({ lines, end: () => void asked.destroy() })
      })
      asked.once('error', reject).end()
    })
  }
})
