/**
 * `kill -9` of a platform under load, again and again on the same folder: every invocation that was answered is in the
 * ledger exactly once. HANSHU_FAULT_SEED repeats a run, HANSHU_FAULT_ROUNDS makes it longer.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createFunction, fc3Client, type Sdk } from '../clients.fixture.ts'
import { api } from '../conformance/conformance.fixture.ts'
import { billedOf, cuOf, ledgerOf } from '../ledger.fixture.ts'
import { noSandboxesHere, type Platform, startPlatform } from '../platform.fixture.ts'
import { faultSeed } from './seeded.fixture.ts'

const rounds = Number(process.env['HANSHU_FAULT_ROUNDS'] ?? 3)
const seed = faultSeed()
const sandbox = (await noSandboxesHere()) ? 'process' : 'oci'
const environment = { HANSHU_POOL_SIZE: '1' }
const callers = 4

async function call(platform: Platform, functionName: string, answered: Set<string>): Promise<void> {
  const path = `/2023-03-30/functions/${functionName}/invocations`
  const { status, headers, text } = await api(platform, 'POST', path, { body: 'x' })
  assert.equal(status, 200, text)
  answered.add(String(headers['x-fc-request-id']))
}

/** Calls until the platform is gone. */
async function callOn(platform: Platform, answered: Set<string>, failed: (error: unknown) => void) {
  try {
    for (let n = 0; ; n++) await call(platform, n % 5 === 4 ? 'failing' : 'quick', answered)
  } catch (error) {
    failed(error)
  }
}

async function create(client: Sdk): Promise<void> {
  await createFunction(client, { functionName: 'quick', files: { 'index.js': `exports.handler = async () => 'x'` } }) // biome-ignore format: one line
  await createFunction(client, { functionName: 'failing', files: { 'index.js': `exports.handler = async () => { throw new Error('x') }` } }) // biome-ignore format: one line
}

test(`a platform that is killed ${rounds} times under load has each answered invocation in its ledger once`, {
  timeout: rounds * 40_000 + 60_000,
}, async (t) => {
  t.diagnostic(`HANSHU_FAULT_SEED=${seed}`)
  let state = seed | 1
  const random = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'hanshu-test-'))
  const answered = new Set<string>()
  let platform = await startPlatform({ sandbox, dataDir, environment })
  try {
    await create(fc3Client(platform))
    for (let round = 0; round < rounds; round++) {
      // Cold starts on a busy machine take longer than a round.
      for (const name of ['quick', 'failing']) await call(platform, name, answered)
      let killed = false
      const errors: unknown[] = []
      const early = (error: unknown) => void (killed || errors.push(error))
      const calling = Array.from({ length: callers }, () => callOn(platform, answered, early))
      // Moves into the ledger are a second apart: some kills come within one.
      await pause(700 + random() * 900)
      killed = true
      await platform.kill()
      await Promise.all(calling)
      assert.deepEqual(errors, [])

      platform = await startPlatform({ sandbox, dataDir, environment })
      const entries = await ledgerOf(platform)
      const times = new Map<string, number>()
      for (const { requestId } of entries) times.set(requestId, (times.get(requestId) ?? 0) + 1)
      const missing = [...answered].filter((id) => !times.has(id))
      const twice = [...times].filter(([, count]) => count > 1)
      assert.deepEqual([missing, twice], [[], []], `seed ${seed}, round ${round}\n${platform.log()}`)
      // What was under way when the platform died may be there or not: nobody was answered.
      assert.ok(entries.length <= answered.size + (round + 1) * callers)

      const { requests, usedCu } = await billedOf(platform)
      assert.equal(requests, BigInt(entries.length), `seed ${seed}, round ${round}`)
      assert.ok(Math.abs(usedCu - cuOf(entries)) < 1e-6, `${usedCu} is not ${cuOf(entries)}`)
      t.diagnostic(`round ${round}: ${answered.size} answered, ${entries.length} in the ledger`)
    }
    assert.ok(answered.size > rounds * 2 * callers, `only ${answered.size} were answered`)
    assert.equal(await platform.stop(), 0, platform.log())
  } finally {
    await platform.remove()
    await rm(dataDir, { recursive: true, force: true })
  }
})
