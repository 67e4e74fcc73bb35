/** What stands in the ledger of calls that end in every way there is, and that the bill is the sum of it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createFunction, httpTrigger, invoke, models } from '../../clients.fixture.ts'
import { billedOf, cuOf, type Entry, ledgerOf } from '../../ledger.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { http, refusal, requestWith, sharedPlatform } from '../conformance.fixture.ts'

const bed = sharedPlatform()

const create = (functionName: string, source: string, fields: object = {}) =>
  createFunction(bed.client, { functionName, files: { 'index.js': source }, ...fields })
const of = async (functionName: string): Promise<Entry[]> =>
  (await ledgerOf(bed.platform)).filter((entry) => entry.functionName === functionName)

describe('the ledger has a line', () => {
  test('for a call that succeeds, with the time that the caller was told', async () => {
    await create('fine', 'exports.handler = async (event) => String(event)', { cpu: 0.5, memorySize: 1024 })
    const { headers } = await invoke(bed.client, 'fine', 'x', { xFcLogType: 'Tail' })
    const tail = Buffer.from(headers['x-fc-log-result']!, 'base64').toString()
    const [entry, ...more] = await of('fine')
    assert.deepEqual(more, [])
    assert.equal(entry!.requestId, headers['x-fc-request-id'])
    assert.deepEqual([entry!.memoryMb, entry!.cpuHundredths, entry!.outcome], [1024, 50, 'succeeded'])
    assert.match(tail, new RegExp(`Billed Duration: ${entry!.billedMs} ms`))
    assert.equal(entry!.activeMs, entry!.billedMs)
  })

  test('for one that fails, takes too long, or takes the process with it', async () => {
    const source = `exports.handler = async (event) => {
      if (String(event) === 'throw') throw new Error('x')
      if (String(event) === 'exit') process.exit(1)
      await new Promise((done) => setTimeout(done, 60_000))
    }`
    await create('ending', source, { timeout: 1 })
    for (const event of ['throw', 'exit', 'sleep']) await invoke(bed.client, 'ending', event)
    const entries = await of('ending')
    assert.deepEqual(entries.map(({ outcome }) => outcome), Array(3).fill('unhandledError')) // biome-ignore format: one line
    assert.ok(entries[2]!.billedMs >= 1000)
  })

  test('for one whose initializer failed', async () => {
    await create(
      'broken',
      `exports.init = async () => { throw new Error('x') }; exports.handler = async () => ''`,
      {
        instanceLifecycleConfig: new models.InstanceLifecycleConfig({
          initializer: new models.LifecycleHook({ handler: 'index.init', timeout: 5 }),
        }),
      },
    )
    await invoke(bed.client, 'broken')
    const [entry, ...more] = await of('broken')
    assert.deepEqual([entry!.outcome, more], ['initializationError', []])
  })

  test('for each attempt of an asynchronous one', async () => {
    await create('later', `exports.handler = async () => { throw new Error('x') }`)
    await bed.client.putAsyncInvokeConfig(
      'later',
      requestWith('PutAsyncInvokeConfig', { maxAsyncRetryAttempts: 1 }),
    )
    await invoke(bed.client, 'later', '', { xFcInvocationType: 'Async' })
    const entries = await until(
      async () => {
        const found = await of('later')
        return found.length === 2 && found
      },
      { what: 'both attempts', timeoutMs: 60_000 },
    )
    assert.deepEqual(entries.map(({ retryCount }) => retryCount), [0, 1]) // biome-ignore format: one line
  })

  test('for none that was refused', async () => {
    await create('refused', `exports.handler = async () => ''`)
    await bed.client.putConcurrencyConfig('refused', requestWith('PutConcurrencyConfig', { reservedConcurrency: 0 })) // biome-ignore format: one line
    assert.equal((await refusal(invoke(bed.client, 'refused'))).status, 429)
    assert.deepEqual(await of('refused'), [])
  })

  test('for a request that is passed through, as soon as it is answered; at the same time they share the instance', async () => {
    await createFunction(bed.client, {
      functionName: 'web',
      runtime: 'custom.debian12',
      handler: 'index.handler',
      instanceConcurrency: 3,
      customRuntimeConfig: new models.CustomRuntimeConfig({ command: ['node', 'server.js'], port: 9000 }),
      files: {
        'server.js': `require('node:http').createServer((request, response) => {
          request.resume()
          setTimeout(() => response.end('done'), Number(request.url.slice(-3)) || 0)
        }).listen(Number(process.env.FC_CUSTOM_LISTEN_PORT))`,
      },
    })
    const url = await httpTrigger(bed.client, bed.platform, 'web')
    assert.equal((await http(`${url}/0`)).status, 200)
    assert.equal((await of('web')).length, 1)
    const answers = await Promise.all(['900', '900', '900'].map((wait) => http(`${url}/${wait}`)))
    assert.deepEqual(answers.map(({ text }) => text), Array(3).fill('done')) // biome-ignore format: one line
    const entries = (await of('web')).slice(1)
    assert.equal(entries.length, 3)
    const sum = (pick: (entry: Entry) => number) => entries.reduce((total, entry) => total + pick(entry), 0)
    assert.ok(sum(({ activeMs }) => activeMs) < sum(({ billedMs }) => billedMs))
    assert.ok(Math.max(...entries.map(({ billedMs }) => billedMs)) <= sum(({ activeMs }) => activeMs) + 1)
  })
})

test('the bill is the sum of the ledger', async () => {
  const entries = await ledgerOf(bed.platform)
  const { requests, usedCu } = await billedOf(bed.platform)
  assert.equal(requests, BigInt(entries.length))
  assert.ok(Math.abs(usedCu - cuOf(entries)) < 1e-9, `${usedCu} on the bill, ${cuOf(entries)} in the ledger`)
})
