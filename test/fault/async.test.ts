/**
 * `kill -9` of a platform that takes in and carries out asynchronous invocations, and a disk that fills up meanwhile: what
 * was answered 202 is called, under the request id of the answer, and charged once. HANSHU_FAULT_SEED repeats a run; HANSHU_ASYNC_FAULT_ROUNDS
 * makes it longer (200 for a release).
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createFunction, fc3Client } from '../clients.fixture.ts'
import { api, requestWith } from '../conformance/conformance.fixture.ts'
import { ledgerOf } from '../ledger.fixture.ts'
import { type Platform, startPlatform, until } from '../platform.fixture.ts'
import { statusOf } from './machine.fixture.ts'
import { faultSeed, seeded } from './seeded.fixture.ts'

const rounds = Number(process.env['HANSHU_ASYNC_FAULT_ROUNDS'] ?? 5)
const seed = faultSeed()
const random = seeded(seed)
// The queue is the same in every sandbox; without isolation functions can leave their traces in a file of the test.
const options = { sandbox: 'process', environment: { HANSHU_POOL_SIZE: '1' } } as const

/** Leaves a line in the file before it is done: an event that is out of the queue has one. */
const tracer = {
  'index.js': `const { appendFileSync } = require('node:fs')
    exports.handler = async (event, { requestId }) => {
      const { id, holdMs } = JSON.parse(event)
      appendFileSync(process.env.TRACES, id + ' ' + requestId + '\\n')
      await new Promise((done) => setTimeout(done, holdMs))
      return 'done'
    }`,
}

const createTracer = (platform: Platform, functionName: string, traces: string) =>
  createFunction(fc3Client(platform, { connectTimeout: 60_000 }), {
    functionName,
    files: tracer,
    timeout: 60,
    environmentVariables: { TRACES: traces },
  })

const send = (platform: Platform, functionName: string, event: object, headers = {}) =>
  api(platform, 'POST', `/2023-03-30/functions/${functionName}/invocations`, {
    body: JSON.stringify(event),
    headers: { 'x-fc-invocation-type': 'Async', ...headers },
  })

/** Waits until everything was called, as long as the queue gets shorter. Throws with what the platform says of it. */
async function untilEmpty(platform: Platform): Promise<void> {
  let depth = Number.POSITIVE_INFINITY
  const isShorter = async () => {
    const { asyncQueueDepth } = await statusOf(platform)
    if (asyncQueueDepth >= depth) return false
    depth = asyncQueueDepth
    return true
  }
  try {
    while (depth > 0) await until(isShorter, { what: 'the queue to get shorter', timeoutMs: 60_000 })
  } catch (error) {
    const { text } = await api(platform, 'GET', '/hanshu/status')
    throw new Error(`seed ${seed}: ${text}\n${platform.log()}`, { cause: error })
  }
}

/** Request ids of the calls, by event. */
async function calledIn(traces: string): Promise<Map<string, string[]>> {
  const called = new Map<string, string[]>()
  for (const line of (await readFile(traces, 'utf8')).split('\n').filter(Boolean)) {
    const [id = '', requestId = ''] = line.split(' ')
    called.set(id, [...(called.get(id) ?? []), requestId])
  }
  return called
}

/** What the queue left in the store of a platform that has stopped, by kind. */
function leftIn(dataDir: string): Record<string, string[]> {
  const database = new DatabaseSync(join(dataDir, 'records.db'), { readOnly: true })
  const rows = database.prepare("SELECT key FROM records WHERE key >= 'async/' AND key < 'async0'").all()
  database.close()
  const kinds: Record<string, string[]> = {}
  for (const { key } of rows as { key: string }[]) {
    const [, kind = ''] = key.split('/')
    kinds[kind] = [...(kinds[kind] ?? []), key]
  }
  return kinds
}

test('asynchronous invocations survive kill -9 at any moment', {
  timeout: 60_000 + rounds * 20_000,
}, async (t) => {
  t.diagnostic(`HANSHU_FAULT_SEED=${seed} HANSHU_ASYNC_FAULT_ROUNDS=${rounds}`)
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-test-'))
  const dataDir = join(folder, 'data')
  const traces = join(folder, 'traces')
  await mkdir(dataDir)
  await writeFile(traces, '')
  /** Request ids of what was answered 202, by event. */
  const accepted = new Map<string, string>()
  const tasks = new Set<string>()
  let platform = await startPlatform({ ...options, dataDir })
  try {
    for (const name of ['plain', 'task']) await createTracer(platform, name, traces)
    const config = requestWith('PutAsyncInvokeConfig', { asyncTask: true })
    await fc3Client(platform, { connectTimeout: 60_000 }).putAsyncInvokeConfig('task', config)

    for (let round = 0; round < rounds; round++) {
      let stopped = false
      let next = 0
      const client = async (name: 'plain' | 'task') => {
        while (!stopped) {
          const id = `${name}-${round}-${next++}`
          const headers = name === 'task' ? { 'x-fc-async-task-id': id } : {}
          const answer = await send(platform, name, { id, holdMs: Math.floor(random() * 50) }, headers).catch(
            (error: unknown) => {
              if (!stopped) throw error
            },
          )
          if (answer === undefined) return
          assert.equal(answer.status, 202, answer.text)
          accepted.set(id, String(answer.headers['x-fc-request-id']))
          if (name === 'task') tasks.add(id)
        }
      }
      const working = Promise.all([client('plain'), client('plain'), client('task'), client('task')])
      working.catch(() => {})
      await Promise.race([pause(20 + random() * 700), working])
      stopped = true
      await platform.kill()
      await working
      platform = await startPlatform({ ...options, dataDir })
    }
    await untilEmpty(platform)
    const called = await calledIn(traces)
    let again = 0
    for (const [id, requestId] of accepted) {
      const requestIds = called.get(id) ?? []
      assert.ok(requestIds.length > 0, `seed ${seed}: ${id} was accepted and never called`)
      assert.deepEqual(new Set(requestIds), new Set([requestId]), `seed ${seed}: ${id}`)
      again += requestIds.length - 1
    }
    const billed = new Map<string, number>()
    for (const { requestId } of await ledgerOf(platform))
      billed.set(requestId, (billed.get(requestId) ?? 0) + 1)
    const wrong = [...accepted].filter(([, requestId]) => billed.get(requestId) !== 1)
    assert.deepEqual(wrong, [], `seed ${seed}: charged more or less than once`)
    for (const id of tasks) {
      const { text } = await api(platform, 'GET', `/2023-03-30/functions/task/async-tasks/${id}`)
      assert.equal(JSON.parse(text).status, 'Succeeded', `seed ${seed}: ${id} ${text}`)
    }
    t.diagnostic(`${accepted.size} events accepted, ${again} calls made again after a kill`)
    assert.ok(accepted.size > 0 && tasks.size > 0)
    assert.equal(await platform.stop(), 0, platform.log())

    // Nothing half-written, nothing forgotten: what is left is the tasks, each with all its parts.
    const { payloads = [], stateful = [], ...others } = leftIn(dataDir)
    assert.equal(payloads.length, stateful.length)
    assert.ok(stateful.length >= tasks.size)
    const orders = ['stateful-newest-first', 'stateful-oldest-first']
    assert.deepEqual(Object.keys(others).sort(), orders)
    for (const kind of orders) assert.equal(others[kind]!.length, stateful.length)
  } finally {
    await platform.remove()
    await rm(folder, { recursive: true, force: true })
  }
})

/** A small disk, or undefined where this user may not mount one. */
async function smallDisk(): Promise<string | undefined> {
  const disk = await mkdtemp(join(tmpdir(), 'hanshu-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'hanshu-test', disk], { stdio: 'pipe' })
  } catch {
    await rm(disk, { recursive: true })
    return undefined
  }
  return disk
}

/** Takes all the room that is left. */
async function fill(disk: string): Promise<void> {
  for (let sizeBytes = 1024 * 1024; sizeBytes >= 4096; sizeBytes /= 2) {
    for (let file = 0; ; file++) {
      try {
        await writeFile(join(disk, `filler-${sizeBytes}-${file}`), Buffer.alloc(sizeBytes))
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
        break
      }
    }
  }
}

test('a full disk refuses asynchronous invocations, and keeps those that were accepted', {
  timeout: 120_000,
}, async (t) => {
  const disk = await smallDisk()
  if (disk === undefined) return t.skip('this user may not mount a file system')
  const traces = join(await mkdtemp(join(tmpdir(), 'hanshu-test-')), 'traces')
  await writeFile(traces, '')
  const platform = await startPlatform({ ...options, dataDir: disk })
  try {
    await createTracer(platform, 'plain', traces)
    const accepted: string[] = []
    const refused: string[] = []
    const one = async (id: string) => {
      const answer = await send(platform, 'plain', { id, holdMs: 0, filler: 'x'.repeat(100_000) })
      if (answer.status === 202) accepted.push(id)
      else {
        refused.push(id)
        assert.deepEqual([answer.status, JSON.parse(answer.text).Code], [500, 'InternalServerError'])
        assert.match(JSON.parse(answer.text).Message, /no space left on the disk of the platform/)
      }
    }
    await one('before')
    await fill(disk)
    // The log of SQLite has some room of its own.
    for (let index = 0; refused.length < 3 && index < 200; index++) await one(`full-${index}`)
    assert.equal(refused.length, 3)
    for (const name of await readdir(disk)) if (name.startsWith('filler-')) await rm(join(disk, name))
    await one('after')
    assert.equal(accepted.at(-1), 'after')
    await untilEmpty(platform)
    const called = await calledIn(traces)
    assert.deepEqual([...called.keys()].sort(), accepted.sort())
    for (const [id, requestIds] of called) assert.equal(requestIds.length, 1, id)
    assert.equal(await platform.stop(), 0, platform.log())
    assert.deepEqual(leftIn(disk), {})
  } finally {
    await platform.stop()
    execFileSync('umount', [disk])
    await rm(disk, { recursive: true, force: true })
    await rm(join(traces, '..'), { recursive: true, force: true })
  }
})
