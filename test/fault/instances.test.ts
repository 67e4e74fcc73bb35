/** What becomes of instances: frozen, retired to nothing, killed after a timeout, as many as there are calls, never more than reserved. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { createFunction, fc3Client, invoke, type Sdk } from '../clients.fixture.ts'
import { assertRefused, requestWith } from '../conformance/conformance.fixture.ts'
import { noSandboxesHere, type Platform, startPlatform, until } from '../platform.fixture.ts'
import { instancesOnMachine, type Owner, ownerOf, statusOf, traces } from './machine.fixture.ts'

const sandbox = (await noSandboxesHere()) ? 'process' : 'oci'

describe(`instances on the ${sandbox} sandbox`, { timeout: 200_000 }, () => {
  let platform: Platform
  let client: Sdk
  let owner: Owner

  before(async () => {
    platform = await startPlatform({
      sandbox,
      environment: { HANSHU_IDLE_SECONDS: '2', HANSHU_FREEZE_AFTER_MS: '100', HANSHU_POOL_SIZE: '2' },
    })
    // The SDK's own client gives up on an answer that is silent for 3 s, and has 50 connections.
    client = fc3Client(platform, { connectTimeout: 120_000, maxIdleConns: 200 })
    owner = await ownerOf(platform.dataDir)
    const files = {
      'index.js': `exports.handler = async (event) => {
        const { waitMs = 0, loop = false } = JSON.parse(event)
        while (loop);
        await new Promise((done) => setTimeout(done, waitMs))
        return 'done'
      }`,
    }
    for (const [functionName, timeout] of [
      ['idle', 10],
      ['brief', 1],
      ['many', 120],
      ['reserved', 30],
    ] as const)
      await createFunction(client, { functionName, files, timeout, memorySize: 128, cpu: 0.1 })
  })
  after(async () => {
    if (!platform) return
    const code = await platform.stop()
    await platform.remove()
    assert.equal(code, 0, platform.log())
    assert.deepEqual(await traces(owner), [])
  })

  const call = (functionName: string, event: object = {}) =>
    invoke(client, functionName, JSON.stringify(event))
  const instancesOf = async (functionName: string) =>
    (await statusOf(platform)).instances.filter((instance) => instance.functionName === functionName)

  test('are frozen when they rest, thawed by a call, and gone when they rest for long', async () => {
    const first = (await call('idle')).headers['x-fc-instance-id']!
    for (let round = 0; round < 3; round++) {
      await until(async () => (await instancesOf('idle'))[0]?.state === 'frozen', { what: 'the freeze' })
      if (sandbox === 'oci') {
        const file = `/sys/fs/cgroup/freezer/${owner.group}/${first}/freezer.state`
        const state = await readFile(file, 'utf8').catch(() => 'another kind of control groups')
        assert.match(state, /^(FROZEN|FREEZING|another)/)
      }
      const { body, headers } = await call('idle')
      assert.deepEqual([body, headers['x-fc-instance-id']], ['done', first])
    }
    await until(async () => (await statusOf(platform)).instances.length === 0, { what: 'the retirement' })
    await until(async () => !(await instancesOnMachine(owner, sandbox)).includes(first), {
      what: 'the end of its processes',
    })
    const again = await call('idle')
    assert.equal(again.body, 'done')
    assert.notEqual(again.headers['x-fc-instance-id'], first)
  })

  test('quick calls among which some are slow, hang or crash are all answered, each with its own outcome', async () => {
    const files = {
      'index.js': `exports.handler = async (event) => {
        const { number, is } = JSON.parse(event)
        if (is === 'slow') await new Promise((done) => setTimeout(done, 300))
        while (is === 'hangs');
        if (is === 'crashes') process.exit(3)
        return String(number)
      }`,
    }
    await createFunction(client, { functionName: 'quick', files, timeout: 1, memorySize: 512, cpu: 0.5 })
    for (let number = 0; number < 20; number++) await call('quick', { number })
    let next = 0
    const wrong: string[] = []
    const served = new Map<string, number>()
    const caller = async () => {
      for (let number = next++; number < 1500; number = next++) {
        const is = ({ 400: 'slow', 700: 'crashes', 900: 'hangs', 1100: 'slow' } as const)[number] ?? 'quick'
        const { body, headers } = await call('quick', { number, is })
        const failed = headers['x-fc-error-type'] !== undefined
        const instance = headers['x-fc-instance-id']!
        served.set(instance, (served.get(instance) ?? 0) + 1)
        const expected =
          is === 'crashes' ? /exited unexpectedly/ : is === 'hangs' ? /timed out/ : RegExp(`^${number}$`)
        if (failed !== (is === 'crashes' || is === 'hangs') || !expected.test(body))
          wrong.push(`${number} ${is}: ${body}`)
      }
    }
    await Promise.all(Array.from({ length: 32 }, caller))
    assert.deepEqual(wrong, [])
    assert.ok(served.size >= 3, 'the two that ended made room for others')
  })

  test('one timeout does not cost the thousand calls after it anything', async () => {
    const cut = await call('brief', { loop: true })
    assert.equal(cut.headers['x-fc-error-type'], 'UnhandledInvocationError')
    let left = 1000
    const caller = async () => {
      while (left-- > 0) {
        const { statusCode, headers, body } = await call('brief')
        assert.deepEqual([statusCode, headers['x-fc-error-type'], body], [200, undefined, 'done'])
      }
    }
    await Promise.all(Array.from({ length: 8 }, caller))
    assert.ok(
      (await instancesOf('brief')).every(({ instanceId }) => instanceId !== cut.headers['x-fc-instance-id']),
    )
  })

  test('sixty calls that last get sixty instances', async () => {
    // They are cut off by the end of the platform, which must not wait for them nor leave one behind.
    for (let count = 0; count < 60; count++) call('many', { waitMs: 60_000 }).catch(() => {})
    await until(
      async () => (await instancesOf('many')).filter(({ state }) => state === 'busy').length === 60,
      { what: 'sixty instances', timeoutMs: 60_000 },
    )
    assert.equal((await instancesOf('many')).length, 60)
  })

  test('reserved concurrency is never exceeded, and what is refused is told so', async () => {
    await client.putConcurrencyConfig(
      'reserved',
      requestWith('PutConcurrencyConfig', { reservedConcurrency: 5 }),
    )
    let most = 0
    let done = false
    const watching = (async () => {
      while (!done) most = Math.max(most, (await instancesOf('reserved')).length)
    })()
    const seen = new Set<string>()
    const outcomes = await Promise.all(
      Array.from({ length: 80 }, async (_, index) => {
        await new Promise((later) => setTimeout(later, index * 10))
        return call('reserved', { waitMs: 200 }).then(
          ({ headers }) => {
            seen.add(headers['x-fc-instance-id']!)
            return 'served'
          },
          (error) => `${error.statusCode} ${error.code}`,
        )
      }),
    )
    done = true
    await watching
    assert.ok(most <= 5, `${most} instances`)
    assert.ok(seen.size <= 5, `${seen.size} instances`)
    assert.ok(outcomes.filter((outcome) => outcome === 'served').length >= 5)
    for (const outcome of outcomes) assert.match(outcome, /^(served|429 ResourceExhausted)$/)
  })
})

test('a machine without room for disks answers 429, and says why', {
  skip: sandbox === 'process' && 'its instances have no disks',
  timeout: 60_000,
}, async (t) => {
  const platform = await startPlatform({ sandbox, environment: { HANSHU_DISK_RESERVE_MB: '1000000000' } })
  t.after(() => platform.remove())
  const client = fc3Client(platform, { connectTimeout: 60_000 })
  await createFunction(client, {
    functionName: 'f',
    files: { 'index.js': 'exports.handler = async () => 1' },
  })
  await assertRefused(invoke(client, 'f', ''), 429, 'ResourceExhausted', /less than 1000000000 MB are free/)
})
