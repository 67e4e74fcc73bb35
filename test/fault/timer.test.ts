/**
 * `kill -9` of a platform around the ticks of its timer triggers: no tick is fired twice, and the triggers go on.
 * HANSHU_FAULT_SEED repeats a run, HANSHU_FAULT_ROUNDS makes it longer.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createFunction, fc3Client } from '../clients.fixture.ts'
import { logOf, requestWith } from '../conformance/conformance.fixture.ts'
import { noSandboxesHere, type Platform, startPlatform, until } from '../platform.fixture.ts'
import { ownerOf, statusOf, traces } from './machine.fixture.ts'
import { faultSeed } from './seeded.fixture.ts'

const rounds = Number(process.env['HANSHU_FAULT_ROUNDS'] ?? 4)
const seed = faultSeed()
const sandbox = (await noSandboxesHere()) ? 'process' : 'oci'
const environment = { HANSHU_POOL_SIZE: '1' }

const files = {
  'index.js': `exports.handler = async (event, { requestId }) => {
    const { triggerName, triggerTime } = JSON.parse(event)
    console.log('TICK ' + triggerName + ' ' + triggerTime + ' ' + requestId)
  }`,
}
const triggerNames = ['a', 'b', 'c', 'off']

/** Tick (name and time) → the request ids of its invocations. A call that the kill cut off is made again under its id. */
async function firings(platform: Platform): Promise<Map<string, Set<string>>> {
  const seen = new Map<string, Set<string>>()
  for (const line of await logOf(platform, 'clock')) {
    const [, tick, requestId] = /TICK (\S+ \S+) (\S+)$/.exec(line) ?? []
    if (tick === undefined || requestId === undefined) continue
    seen.set(tick, (seen.get(tick) ?? new Set()).add(requestId))
  }
  return seen
}

const ticksOf = (seen: Map<string, unknown>, name: string) =>
  [...seen.keys()].filter((tick) => tick.startsWith(`${name} `))

test(`a platform that is killed ${rounds} times around ticks fires none of them twice`, {
  timeout: rounds * 30_000 + 60_000,
}, async (t) => {
  t.diagnostic(`HANSHU_FAULT_SEED=${seed}`)
  const dataDir = await mkdtemp(join(tmpdir(), 'hanshu-test-'))
  const owner = await ownerOf(dataDir)
  let platform = await startPlatform({ sandbox, dataDir, environment })
  let state = seed | 1
  const random = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  try {
    const client = fc3Client(platform, { connectTimeout: 60_000 })
    await createFunction(client, { functionName: 'clock', files })
    for (const triggerName of triggerNames) {
      const triggerConfig = JSON.stringify({ cronExpression: '* * * * * *', enable: triggerName !== 'off' })
      await client.createTrigger(
        'clock',
        requestWith('CreateTrigger', { triggerName, triggerType: 'timer', triggerConfig }),
      )
    }
    for (let round = 0; round < rounds; round++) {
      const before = ticksOf(await firings(platform), 'a').length
      await until(async () => ticksOf(await firings(platform), 'a').length > before, {
        what: `a tick in round ${round}`,
      })
      // Near the next second: before, in the middle of and after the commits.
      const untilTickMs = 1000 - (Date.now() % 1000)
      await pause(Math.max(0, untilTickMs - 10 + random() * 40))
      await platform.kill()
      platform = await startPlatform({ sandbox, dataDir, environment })
    }
    const before = ticksOf(await firings(platform), 'c').length
    await until(async () => ticksOf(await firings(platform), 'c').length > before + 1, {
      what: 'ticks after the last kill',
    })
    for (const triggerName of triggerNames) {
      await fc3Client(platform).deleteTrigger('clock', triggerName)
    }
    await until(async () => (await statusOf(platform)).asyncQueueDepth === 0, {
      what: 'the queue to be empty',
    })
    const seen = await firings(platform)
    const twice = [...seen].filter(([, requestIds]) => requestIds.size > 1)
    assert.deepEqual(twice, [], `seed ${seed}`)
    assert.deepEqual(ticksOf(seen, 'off'), [])
    t.diagnostic(`${seen.size} ticks`)
    assert.equal(await platform.stop(), 0, platform.log())
    assert.deepEqual(await traces(owner), [])
  } finally {
    await platform.remove()
    await rm(dataDir, { recursive: true, force: true })
  }
})
