/** Releases while requests run: whatever is published, switched, rolled back or deleted, no request fails. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { signAcs3 } from '../../src/lib/signing/acs3.ts'
import { createFunction, fc3Client, invoke, models, type Sdk, zipOf } from '../clients.fixture.ts'
import { logOf, requestWith } from '../conformance/conformance.fixture.ts'
import { noSandboxesHere, type Platform, startPlatform, until } from '../platform.fixture.ts'
import { type RawRequest, type Sent, steadyLoad } from '../steady-load.fixture.ts'
import { ownerOf, statusOf, traces } from './machine.fixture.ts'

const sandbox = (await noSandboxesHere()) ? 'process' : 'oci'
/** Of each of the two ways in. */
const perSecond = Number(process.env['HANSHU_TEST_RATE'] ?? 100)

/** In both ways together, after each step. */
const sentPerStep = perSecond

const saying = (text: string, more = '') => ({
  'index.js': `exports.handler = async (event) => {
    await new Promise((done) => setTimeout(done, 5))
    return ${JSON.stringify(text)}
  }
  ${more}`,
})

describe(`releases under traffic on the ${sandbox} sandbox`, { timeout: 280_000 }, () => {
  let platform: Platform
  let client: Sdk

  before(async () => {
    platform = await startPlatform({ sandbox, environment: { HANSHU_POOL_SIZE: '2' } })
    client = fc3Client(platform, { connectTimeout: 120_000 })
  })
  after(async () => {
    if (!platform) return
    const owner = await ownerOf(platform.dataDir)
    const code = await platform.stop()
    await platform.remove()
    assert.equal(code, 0, platform.log())
    assert.deepEqual(await traces(owner), [])
  })

  const publish = async (name: string): Promise<string> =>
    (await client.publishFunctionVersion(name, requestWith('PublishFunctionVersion', {}))).body.versionId
  const recode = async (name: string, files: Record<string, string>) =>
    client.updateFunction(
      name,
      requestWith('UpdateFunction', {
        code: new models.InputCodeLocation({ zipFile: await zipOf(files) }),
      }),
    )
  const point = (name: string, fields: object) =>
    client.updateAlias(name, 'prod', requestWith('UpdateAlias', fields))
  const openTrigger = (name: string, qualifier: string) =>
    client.createTrigger(
      name,
      requestWith('CreateTrigger', {
        triggerName: 'http',
        triggerType: 'http',
        qualifier,
        triggerConfig: JSON.stringify({ authType: 'anonymous', methods: ['GET'] }),
      }),
    )
  const byTrigger = (name: string, qualifier: string): RawRequest => ({
    url: `${platform.endpoints.edge}/proxy/${name}.${qualifier}/`,
    method: 'GET',
    headers: {},
    body: '',
  })
  const byInvoke = (name: string, qualifier: string): RawRequest => {
    const rawPath = `/2023-03-30/functions/${name}/invocations`
    const rawQuery = `qualifier=${qualifier}`
    const { host } = new URL(platform.endpoints.fc)
    const headers = signAcs3({ method: 'POST', rawPath, rawQuery, headers: { host }, body: '' }, platform, {
      nowMs: Date.now(),
      nonce: randomUUID(),
    })
    return { url: `${platform.endpoints.fc}${rawPath}?${rawQuery}`, method: 'POST', headers, body: '' }
  }

  interface Traffic {
    sent: Sent[]
    /** What was answered to requests that were sent after this step was done; the next was begun once all of them were answered. */
    during(step: string): string[]
  }

  /** Both ways in at once, while each step is done in its turn. */
  async function underTraffic(
    name: string,
    qualifier: string,
    steps: Record<string, () => Promise<unknown>>,
  ): Promise<Traffic> {
    const stop = new AbortController()
    const phases = [{ perSecond, durationMs: 60_000 }]
    const times = new Map<string, { doneMs: number; untilMs: number }>()
    const startedMs = performance.now()
    let begun = 0
    const seen: Sent[] = []
    const answered = (sent: Sent) => void seen.push(sent)
    const counted = (way: (name: string, qualifier: string) => RawRequest) => () => {
      begun++
      return way(name, qualifier)
    }
    const all = Promise.all([
      steadyLoad(counted(byTrigger), phases, { signal: stop.signal, answered }),
      steadyLoad(counted(byInvoke), phases, { signal: stop.signal, answered }),
    ])
    try {
      await pause(500)
      for (const [step, take] of Object.entries(steps)) {
        await take()
        const doneMs = performance.now() - startedMs
        const enough = begun + sentPerStep
        await until(() => begun >= enough, { what: `requests after '${step}'` })
        times.set(step, { doneMs, untilMs: performance.now() - startedMs })
        const due = begun
        await until(() => seen.filter(({ sentMs }) => sentMs <= times.get(step)!.untilMs).length >= due, {
          what: `answers after '${step}'`,
        })
      }
    } finally {
      stop.abort()
    }
    const sent = (await all).flat()
    return {
      sent,
      during(step) {
        const { doneMs, untilMs } = times.get(step)!
        return sent.filter(({ sentMs }) => sentMs > doneMs && sentMs <= untilMs).map(({ body }) => body)
      },
    }
  }

  const failures = (sent: readonly Sent[]): string[] =>
    sent.filter(({ status }) => status !== 200).map(({ atMs, status, body }) => `${atMs} ${status} ${body}`)
  const distinct = (bodies: readonly string[]): string[] => [...new Set(bodies)].sort()

  test('an alias is split, switched, rolled back and switched for good, and its old version deleted', async () => {
    await createFunction(client, { functionName: 'canary', files: saying('one') })
    await publish('canary')
    await recode('canary', saying('two'))
    await publish('canary')
    await client.createAlias('canary', requestWith('CreateAlias', { aliasName: 'prod', versionId: '1' }))
    await openTrigger('canary', 'prod')
    const { sent, during } = await underTraffic('canary', 'prod', {
      none: async () => {},
      'a tenth': () => point('canary', { additionalVersionWeight: { 2: 0.1 } }),
      'a half': () => point('canary', { additionalVersionWeight: { 2: 0.5 } }),
      switched: () => point('canary', { versionId: '2', additionalVersionWeight: {} }),
      'rolled back': () => point('canary', { versionId: '1' }),
      'switched for good': () => point('canary', { versionId: '2' }),
      deleted: () => client.deleteFunctionVersion('canary', '1'),
    })
    assert.deepEqual(failures(sent), [])
    assert.deepEqual(distinct(during('none')), ['one'])
    assert.deepEqual(distinct(during('switched')), ['two'])
    assert.deepEqual(distinct(during('rolled back')), ['one'])
    assert.deepEqual(distinct(during('deleted')), ['two'])
    const half = during('a half')
    const twos = half.filter((body) => body === 'two').length
    // Six deviations: less than once in a hundred million releases.
    assert.ok(Math.abs(twos - half.length / 2) <= 3 * Math.sqrt(half.length), `${twos} of ${half.length}`)
  })

  test('LATEST is updated three times, and each time serves the new code from the answer on', async () => {
    await createFunction(client, { functionName: 'updated', files: saying('code 0') })
    await openTrigger('updated', 'LATEST')
    const codes = ['code 1', 'code 2', 'code 3']
    const { sent, during } = await underTraffic(
      'updated',
      'LATEST',
      Object.fromEntries(codes.map((code) => [code, () => recode('updated', saying(code))])),
    )
    assert.deepEqual(failures(sent), [])
    for (const code of codes) for (const body of distinct(during(code))) assert.equal(body, code)
    assert.deepEqual(distinct(sent.map(({ body }) => body)), ['code 0', ...codes])
  })

  test('a web server that has ten requests at a time is switched, rolled back and updated', async () => {
    const serving = (text: string) => ({
      'server.js': `require('node:http').createServer((request, response) => {
        request.resume()
        // In two pieces, so that a release meets responses that have begun.
        setTimeout(() => {
          response.write(${JSON.stringify(text.slice(0, 1))})
          setTimeout(() => response.end(${JSON.stringify(text.slice(1))}), 10)
        }, 5)
      }).listen(9000)`,
    })
    await createFunction(client, {
      functionName: 'web',
      runtime: 'custom.debian12',
      instanceConcurrency: 10,
      customRuntimeConfig: new models.CustomRuntimeConfig({ command: ['node', 'server.js'], port: 9000 }),
      files: serving('one'),
    })
    await publish('web')
    await recode('web', serving('two'))
    await publish('web')
    await client.createAlias('web', requestWith('CreateAlias', { aliasName: 'prod', versionId: '1' }))
    await openTrigger('web', 'prod')
    const switched = await underTraffic('web', 'prod', {
      'a half': () => point('web', { additionalVersionWeight: { 2: 0.5 } }),
      switched: () => point('web', { versionId: '2', additionalVersionWeight: {} }),
      'rolled back': () => point('web', { versionId: '1' }),
    })
    assert.deepEqual(failures(switched.sent), [])
    for (const body of distinct(switched.during('switched'))) assert.equal(body, 'two')
    for (const body of distinct(switched.during('rolled back'))) assert.equal(body, 'one')

    await client.createTrigger(
      'web',
      requestWith('CreateTrigger', {
        triggerName: 'latest',
        triggerType: 'http',
        triggerConfig: JSON.stringify({ authType: 'anonymous', methods: ['GET'] }),
      }),
    )
    const updated = await underTraffic('web', 'LATEST', {
      three: () => recode('web', serving('three')),
      four: () => recode('web', serving('four')),
    })
    assert.deepEqual(failures(updated.sent), [])
    assert.deepEqual(distinct(updated.sent.map(({ body }) => body)), ['four', 'three', 'two'])
  })

  test('a function that uses all of its reserved concurrency is switched and updated all the same', async () => {
    await createFunction(client, { functionName: 'full', files: saying('one') })
    await publish('full')
    await recode('full', saying('two'))
    await publish('full')
    await client.createAlias('full', requestWith('CreateAlias', { aliasName: 'prod', versionId: '1' }))
    await client.putConcurrencyConfig('full', requestWith('PutConcurrencyConfig', { reservedConcurrency: 2 }))
    // As many callers as instances: each call has one, were there no releases.
    for (const qualifier of ['prod', 'LATEST']) {
      let done = false
      const wrong: string[] = []
      const caller = async () => {
        while (!done)
          await invoke(client, 'full', '', { qualifier }).catch((error) =>
            wrong.push(`${error.code} ${error.message}`),
          )
      }
      const callers = [caller(), caller()]
      await pause(500)
      for (const versionId of ['2', '1', '2']) {
        if (qualifier === 'prod') await point('full', { versionId })
        else await recode('full', saying(`update ${versionId}`))
        await pause(500)
      }
      done = true
      await Promise.all(callers)
      assert.deepEqual(wrong, [], qualifier)
    }
  })

  test('what is replaced finishes its call, however long, then runs preStop and goes', async () => {
    const slow = (text: string) => ({
      'index.js': `exports.handler = async (event) => {
        await new Promise((done) => setTimeout(done, Number(event)))
        return ${JSON.stringify(text)}
      }
      exports.preStop = async () => console.log('stopped ${text}')`,
    })
    const instanceLifecycleConfig = new models.InstanceLifecycleConfig({
      preStop: new models.LifecycleHook({ handler: 'index.preStop', timeout: 5 }),
    })
    await createFunction(client, {
      functionName: 'draining',
      files: slow('old'),
      timeout: 60,
      instanceLifecycleConfig,
    })
    await invoke(client, 'draining', '0')
    const long = invoke(client, 'draining', '4000')
    await until(
      async () =>
        (await statusOf(platform)).instances.some(
          ({ functionName, state }) => functionName === 'draining' && state === 'busy',
        ),
      { what: 'the long call' },
    )
    await recode('draining', slow('new'))
    assert.equal((await invoke(client, 'draining', '0')).body, 'new')
    const { body, headers } = await long
    assert.equal(body, 'old')
    const old = headers['x-fc-instance-id']!
    await until(
      async () => !(await statusOf(platform)).instances.some(({ instanceId }) => instanceId === old),
      { what: 'the end of the old instance' },
    )
    assert.equal((await logOf(platform, 'draining')).filter((line) => /stopped old/.test(line)).length, 1)
  })

  test('instances of a version that was deleted, and of code that was replaced, go without being called', async () => {
    await createFunction(client, { functionName: 'left', files: saying('one') })
    const version = await publish('left')
    await invoke(client, 'left', '', { qualifier: version })
    await invoke(client, 'left')
    const instances = async () =>
      (await statusOf(platform)).instances.filter(({ functionName }) => functionName === 'left').length
    assert.equal(await instances(), 2)
    await client.deleteFunctionVersion('left', version)
    await until(async () => (await instances()) === 1, { what: 'the end of the deleted version' })
    await recode('left', saying('two'))
    await until(async () => (await instances()) === 0, { what: 'the end of the replaced code' })
  })
})
