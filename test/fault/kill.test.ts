/**
 * `kill -9` of a platform under load, again and again on the same folder: what was acknowledged is there and works, what
 * was not is there as a whole or not at all, and nothing of the dead platform is left on the machine.
 * HANSHU_FAULT_SEED repeats a run, HANSHU_FAULT_ROUNDS makes it longer.
 */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { sqliteStreamStore } from '../../src/drivers/embedded/streams.ts'
import {
  createFunction,
  fc3Client,
  httpTrigger,
  invoke,
  models,
  type Sdk,
  zipOf,
} from '../clients.fixture.ts'
import { http, logOf, refusal, request, requestWith } from '../conformance/conformance.fixture.ts'
import { noSandboxesHere, type Platform, startPlatform, until } from '../platform.fixture.ts'
import { instancesOnMachine, type Owner, ownerOf, processesOf, statusOf, traces } from './machine.fixture.ts'
import { faultSeed, seeded } from './seeded.fixture.ts'

const rounds = Number(process.env['HANSHU_FAULT_ROUNDS'] ?? 3)
const seed = faultSeed()
const sandbox = (await noSandboxesHere()) ? 'process' : 'oci'
const environment = { HANSHU_POOL_SIZE: '2' }

/** What the platform has said is done. A name is in `functions` with the texts that its qualifiers answer. */
interface Ledger {
  functions: Map<string, Map<string, string>>
  triggers: Map<string, string>
  layers: Map<string, number>
  deleted: Set<string>
  events: Set<string>
  /** Asked for and not acknowledged. */
  open: Map<string, string>
}

const newLedger = (): Ledger => ({
  functions: new Map(),
  triggers: new Map(),
  layers: new Map(),
  deleted: new Set(),
  events: new Set(),
  open: new Map(),
})

const codeThatSays = (text: string) => ({
  'index.js': `exports.handler = async () => ${JSON.stringify(text)}`,
})

/** The log line is durable long before the event is done with: whoever is done has left a line. */
const worker = {
  'index.js': `exports.handler = async (event) => {
    console.log('CALLED ' + event)
    await new Promise((done) => setTimeout(done, 600))
    return 'worked'
  }`,
}

/** Everything at once until `stopped`; a request that the kill cuts off is left open in the ledger. */
async function load(
  platform: Platform,
  client: Sdk,
  ledger: Ledger,
  round: number,
  random: () => number,
  stopped: () => boolean,
) {
  let next = 0
  let calls = 0
  const whileRunning = async (task: () => Promise<void>) => {
    while (!stopped()) {
      try {
        await task()
      } catch (error) {
        if (!stopped()) throw error
      }
    }
  }
  const story = async () => {
    const name = `f${round}-${next++}`
    const [first, second] = [`${name} one`, `${name} two`]
    ledger.open.set(name, first)
    await createFunction(client, { functionName: name, files: codeThatSays(first) })
    const texts = new Map([['LATEST', first]])
    ledger.functions.set(name, texts)

    await client.publishFunctionVersion(name, requestWith('PublishFunctionVersion', {}))
    texts.set('1', first)
    await client.createAlias(name, requestWith('CreateAlias', { aliasName: 'live', versionId: '1' }))
    texts.set('live', first)
    ledger.triggers.set(name, await httpTrigger(client, platform, name))

    // While this is under way it may answer either.
    texts.delete('LATEST')
    const code = new models.InputCodeLocation({ zipFile: await zipOf(codeThatSays(second)) })
    await client.updateFunction(name, requestWith('UpdateFunction', { code }))
    texts.set('LATEST', second)
    ledger.open.delete(name)

    const layer = `l${round}-${next % 3}`
    const { body } = await client.createLayerVersion(
      layer,
      requestWith('CreateLayerVersion', {
        compatibleRuntime: ['nodejs20'],
        code: new models.InputCodeLocation({ zipFile: await zipOf({ 'layer.txt': name }) }),
      }),
    )
    ledger.layers.set(layer, Math.max(body.version, ledger.layers.get(layer) ?? 0))

    if (random() < 0.3) {
      const doomed = `doomed-${name}`
      await createFunction(client, { functionName: doomed, files: codeThatSays('doomed') })
      await client.deleteFunction(doomed)
      ledger.deleted.add(doomed)
    }
  }
  const callNow = async () => {
    const { body } = await invoke(client, 'worker', `sync ${round}-${calls++}`)
    assert.equal(body, 'worked')
  }
  const callLater = async () => {
    const id = `later ${round}-${calls++}`
    const { statusCode } = await invoke(client, 'worker', id, { xFcInvocationType: 'Async' })
    assert.equal(statusCode, 202)
    ledger.events.add(id)
    await pause(20)
  }
  await Promise.all([story, story, callNow, callNow, callLater].map(whileRunning))
}

async function assertKept(platform: Platform, client: Sdk, ledger: Ledger, random: () => number) {
  // Serves at once.
  assert.equal((await invoke(client, 'worker', 'first')).body, 'worked')

  const names = new Set<string>()
  for (let nextToken: string | undefined; ; ) {
    const { body } = await client.listFunctions(request('ListFunctions', { limit: 100, nextToken }))
    for (const { functionName } of body.functions) names.add(functionName)
    nextToken = body.nextToken
    if (!nextToken) break
  }
  for (const name of ledger.functions.keys()) assert.ok(names.has(name), `${name} was acknowledged`)
  for (const name of ledger.deleted) {
    assert.ok(!names.has(name), `${name} was deleted`)
    assert.equal((await refusal(client.getFunction(name, request('GetFunction')))).status, 404)
  }

  // Every one that was in the making, and some of the others.
  const some = [...names].filter(
    (name) => name !== 'worker' && (ledger.open.has(name) || random() < 6 / names.size),
  )
  for (const name of some) {
    const texts = ledger.functions.get(name)
    const { body } = await invoke(client, name, '')
    const allowed =
      texts?.get('LATEST') === undefined ? [`${name} one`, `${name} two`] : [texts.get('LATEST')]
    assert.ok(allowed.includes(body) || body === 'doomed', `${name} answers ${body}`)
    for (const [qualifier, text] of texts ?? []) {
      assert.equal((await invoke(client, name, '', { qualifier })).body, text, `${name} ${qualifier}`)
    }
    const { body: versions } = await client.listFunctionVersions(name, request('ListFunctionVersions'))
    assert.ok(versions.versions.length >= (texts?.has('1') ? 1 : 0))
    const path = ledger.triggers.get(name)
    if (path) {
      const { status, text } = await http(`${platform.endpoints.edge}${new URL(path).pathname}`)
      assert.deepEqual([status, allowed.includes(text)], [200, true], text)
    }
  }
  for (const [layer, version] of ledger.layers) {
    const { body } = await client.getLayerVersion(layer, String(version))
    const { status, bytes } = await http(body.code.location)
    assert.deepEqual([status, bytes.length], [200, body.codeSize])
  }
}

/** Whatever is on the machine belongs to the platform that runs now. */
async function assertNothingOld(platform: Platform, owner: Owner, oldProcesses: readonly string[]) {
  let seen = ''
  await until(
    async () => {
      const { instances, pools } = await statusOf(platform)
      const known = instances.length + pools.reduce((sum, { ready, booting }) => sum + ready + booting, 0)
      const groups = await instancesOnMachine(owner, sandbox)
      const old = (await processesOf(owner, [platform.pid])).filter((text) => oldProcesses.includes(text))
      const found = await traces(owner, { processes: false })
      const count = (kind: RegExp) => found.filter((trace) => kind.test(trace)).length
      seen = JSON.stringify({ known, groups: groups.length, old, found })
      const fits =
        sandbox === 'process' ||
        (count(/^firewall/) === 1 &&
          count(/^link .*br$/) === 1 &&
          // Four network namespaces wait ready-made, and one may be in the making.
          count(/^link/) <= known + 1 + 5 &&
          count(/^loop device/) <= known + 1)
      return groups.length <= known && old.length === 0 && count(/^(mount|network namespace)/) === 0 && fits
    },
    { what: 'the rest of a killed platform to go away' },
  ).catch((error) => assert.fail(`${error.message}: ${seen}`))
}

test(`a platform that is killed ${rounds} times under load keeps its word and leaves nothing`, {
  timeout: rounds * 40_000 + 60_000,
}, async (t) => {
  t.diagnostic(`HANSHU_FAULT_SEED=${seed}`)
  const random = seeded(seed)
  const dataDir = await mkdtemp(join(tmpdir(), 'hanshu-test-'))
  const owner = await ownerOf(dataDir)
  const ledger = newLedger()
  let platform = await startPlatform({ sandbox, dataDir, environment })
  try {
    await createFunction(fc3Client(platform), { functionName: 'worker', files: worker, timeout: 30 })
    for (let round = 0; round < rounds; round++) {
      let stopped = false
      // A connection that the kill cuts off is an error at once, not one after the SDK's own timeout.
      const client = fc3Client(platform, { connectTimeout: 20_000 })
      const working = load(platform, client, ledger, round, seeded(seed + round + 1), () => stopped)
      working.catch(() => {})
      await Promise.race([pause(300 + random() * 1200), working])
      stopped = true
      const oldProcesses = await processesOf(owner)
      await platform.kill()
      await working

      platform = await startPlatform({ sandbox, dataDir, environment })
      try {
        await assertKept(platform, fc3Client(platform, { connectTimeout: 20_000 }), ledger, random)
        await assertNothingOld(platform, owner, oldProcesses)
      } catch (error) {
        throw new Error(`seed ${seed}, round ${round}: ${(error as Error).message}\n${platform.log()}`, {
          cause: error,
        })
      }
      t.diagnostic(
        `round ${round}: ${ledger.functions.size} functions, ${ledger.events.size} events, ${ledger.open.size} in the making`,
      )
    }
    await until(async () => (await statusOf(platform)).asyncQueueDepth === 0, {
      what: 'the queue to be empty',
      timeoutMs: 60_000,
    })
    const called = new Set((await logOf(platform, 'worker')).map((line) => /CALLED (.*)$/.exec(line)?.[1]))
    const lost = [...ledger.events].filter((id) => !called.has(id))
    assert.deepEqual(
      lost,
      [],
      `seed ${seed}: ${lost.length} of ${ledger.events.size} acknowledged events were never called`,
    )
    assert.ok(ledger.events.size > 0 && ledger.functions.size > 0)

    assert.equal(await platform.stop(), 0, platform.log())
    assert.deepEqual(await traces(owner), [])
  } finally {
    await platform.remove()
    await rm(dataDir, { recursive: true, force: true })
  }
})

test('a platform that is killed while its pools fill leaves nothing for the next one', {
  timeout: 120_000,
}, async (t) => {
  t.diagnostic(`HANSHU_FAULT_SEED=${seed}`)
  const random = seeded(seed)
  const dataDir = await mkdtemp(join(tmpdir(), 'hanshu-test-'))
  const owner = await ownerOf(dataDir)
  let platform = await startPlatform({ sandbox, dataDir, environment })
  try {
    await createFunction(fc3Client(platform), { functionName: 'worker', files: worker })
    await platform.kill()
    for (let round = 0; round < 4; round++) {
      platform = await startPlatform({ sandbox, dataDir, environment })
      await pause(random() * 150)
      await platform.kill()
    }
    platform = await startPlatform({ sandbox, dataDir, environment })
    assert.equal((await invoke(fc3Client(platform), 'worker', 'x')).body, 'worked')
    await assertNothingOld(platform, owner, [])
    assert.equal(await platform.stop(), 0, platform.log())
    assert.deepEqual(await traces(owner), [])
  } finally {
    await platform.remove()
    await rm(dataDir, { recursive: true, force: true })
  }
})

test('a platform that is told to stop does so while functions run, and calls accepted events the next time', {
  timeout: 120_000,
}, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'hanshu-test-'))
  const owner = await ownerOf(dataDir)
  let platform = await startPlatform({ sandbox, dataDir, environment })
  try {
    const files = {
      'index.js': `exports.handler = async (event) => {
        console.log('CALLED ' + event)
        if (String(event) !== 'short') await new Promise((done) => setTimeout(done, 3_600_000))
        return 'done'
      }`,
    }
    const client = fc3Client(platform, { connectTimeout: 100_000 })
    await createFunction(client, { functionName: 'long', files, timeout: 7200 })
    assert.equal((await invoke(client, 'long', 'async', { xFcInvocationType: 'Async' })).statusCode, 202)
    const cut = invoke(client, 'long', 'sync').then(
      ({ headers }) => headers['x-fc-error-type'],
      () => 'cut off',
    )
    await until(
      async () => (await logOf(platform, 'long')).filter((line) => line.includes('CALLED')).length === 2,
      { what: 'both calls' },
    )
    const code = await Promise.race([platform.stop(), pause(30_000)])
    assert.equal(code, 0, `it did not stop\n${platform.log()}`)
    assert.notEqual(await cut, undefined)
    assert.deepEqual(await traces(owner), [])

    platform = await startPlatform({ sandbox, dataDir, environment })
    await until(
      async () =>
        (await logOf(platform, 'long')).filter((line) => line.includes('CALLED async')).length === 2,
      { what: 'the event to be called again' },
    )
    // It was not the function's fault: the attempt is not counted against its retries.
    assert.equal((await statusOf(platform)).asyncQueueDepth, 1)
    assert.equal(await Promise.race([platform.stop(), pause(30_000)]), 0)
    assert.deepEqual(await traces(owner), [])
    assert.equal(await readFile(join(dataDir, 'ready.json'), 'utf8').catch(() => 'gone'), 'gone')
  } finally {
    await platform.remove()
    await rm(dataDir, { recursive: true, force: true })
  }
})

test('a log whose function was removed just before the platform died is gone after the next start', {
  timeout: 60_000,
}, async (t) => {
  const first = await startPlatform({ sandbox, environment })
  t.after(() => first.remove())
  const { dataDir } = first
  const files = { 'index.js': `exports.handler = async () => console.log('kept')` }
  await createFunction(fc3Client(first), { functionName: 'stays', files })
  await invoke(fc3Client(first), 'stays')
  await logOf(first, 'stays')
  await first.kill()
  // What a crash between the two steps leaves: a stream without a function.
  const file = join(dataDir, 'streams.db')
  const before = await sqliteStreamStore({ file })
  await before.append(`function-logs/${first.accountId}/removed`, [
    Buffer.from('\u00011\tr\tc\tLATEST\nline\n'),
  ])
  await before.close()
  const second = await startPlatform({ sandbox, dataDir, environment })
  t.after(() => second.remove())
  assert.ok((await logOf(second, 'stays')).some((line) => line.includes('kept')))
  await second.kill()
  const after = await sqliteStreamStore({ file })
  assert.deepEqual(await after.list('function-logs/'), [`function-logs/${first.accountId}/stays`])
  await after.close()
})
