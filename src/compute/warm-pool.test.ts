import assert from 'node:assert/strict'
import { type Duplex, duplexPair, PassThrough } from 'node:stream'
import { test } from 'node:test'
import { ManualClock } from '../lib/clock.ts'
import { silentLogger } from '../lib/logger.ts'
import type { Sandbox, SandboxDriver, SandboxExit, SandboxSpec } from '../ports/sandbox.ts'
import { encodeFrame, FrameDecoder, frameType } from './frames.ts'
import { type RuntimeImage, WarmPool } from './warm-pool.ts'

const image: RuntimeImage = { key: 'a', protocol: 'frames', argv: ['a'], env: {}, mounts: [] }
const other: RuntimeImage = { ...image, key: 'b', argv: ['b'] }

interface Booted {
  spec: SandboxSpec
  /** The program's own end of the channel. */
  program: Duplex
  warmed: number
  killed: boolean
  say(type: 64): void
  exit(): void
}

/** A driver whose programs say what the test tells them to. */
function newPool({ bootsAtOnce = 2, readyAtOnce = true } = {}) {
  const clock = new ManualClock()
  const booted: Booted[] = []
  let failures = 0
  const driver: SandboxDriver = {
    name: 'test',
    isolates: true,
    async create(spec) {
      if (failures > 0) {
        failures--
        throw new Error('no memory for another')
      }
      const [channel, program] = duplexPair()
      const exited = Promise.withResolvers<SandboxExit>()
      const one: Booted = {
        spec,
        program,
        warmed: 0,
        killed: false,
        say: (type) => void program.write(encodeFrame(type, 0)),
        exit() {
          program.end()
          exited.resolve({ code: 1, signal: null, oomKilled: false })
        },
      }
      const decoder = new FrameDecoder((type, id) => {
        if (type !== frameType.warm) return
        one.warmed++
        program.write(encodeFrame(frameType.result, id))
      })
      program.on('data', (chunk) => decoder.push(chunk))
      booted.push(one)
      if (readyAtOnce) one.say(frameType.ready)
      return {
        instanceId: spec.instanceId,
        channel,
        stdout: new PassThrough(),
        stderr: new PassThrough(),
        exited: exited.promise,
        async kill() {
          one.killed = true
          one.exit()
        },
      } as unknown as Sandbox
    },
    close: async () => {},
  }
  let ids = 0
  const pool = new WarmPool({
    driver,
    clock,
    ids: { requestId: () => '', uuid: () => '', instanceId: () => `c-${ids++}` },
    log: silentLogger,
    bootsAtOnce,
  })
  const fail = (times: number) => {
    failures = times
  }
  return { pool, clock, booted, fail }
}

async function settle(): Promise<void> {
  for (let count = 0; count < 30; count++) await new Promise((done) => setImmediate(done))
}

test('keeps as many ready as it is told, each warmed by three calls, never too many boots at once', async () => {
  const { pool, booted } = newPool({ readyAtOnce: false })
  pool.keepReady(image, 3)
  await settle()
  assert.equal(booted.length, 2)
  booted[0]!.say(frameType.ready)
  await settle()
  assert.equal(booted.length, 3)
  for (const one of booted.slice(1)) one.say(frameType.ready)
  await settle()
  assert.equal(pool.readyCount('a'), 3)
  assert.deepEqual(
    booted.map(({ warmed }) => warmed),
    [3, 3, 3],
  )
})

test('hands out each once, at once, and refills a little later', async () => {
  const { pool, clock, booted } = newPool()
  pool.keepReady(image, 2)
  await settle()
  const taken = [pool.take(image), pool.take(image)]
  for (const one of taken) assert.ok(!(one instanceof Promise))
  assert.notEqual(taken[0], taken[1])
  await settle()
  assert.equal(booted.length, 2)
  clock.advance(30)
  await settle()
  assert.deepEqual([booted.length, pool.readyCount('a')], [4, 2])
})

test('who finds none waits for one that is booted for it, before the pools are filled', async () => {
  const { pool, booted } = newPool({ bootsAtOnce: 1, readyAtOnce: false })
  pool.keepReady(image, 5)
  await settle()
  const waiting = pool.take(other)
  booted[0]!.say(frameType.ready)
  await settle()
  assert.deepEqual(booted[1]!.spec.argv, ['b'])
  booted[1]!.say(frameType.ready)
  assert.equal((await waiting).sandbox.instanceId, 'c-1')
})

test('a boot that fails is told to one who waits; the next one gets another try', async () => {
  const { pool, fail } = newPool({ bootsAtOnce: 1 })
  fail(1)
  const results = await Promise.allSettled([pool.take(image), pool.take(image)])
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
})

test('an image that does not boot is tried again later and later, and is filled when it does', async () => {
  const { pool, clock, fail, booted } = newPool({ bootsAtOnce: 1 })
  fail(2)
  pool.keepReady(image, 1)
  await settle()
  assert.equal(booted.length, 0)
  clock.advance(500)
  await settle()
  assert.equal(booted.length, 0)
  clock.advance(1000)
  await settle()
  assert.equal(pool.readyCount('a'), 1)
})

test('a program that never becomes ready is killed after 30 s', async () => {
  const { pool, clock, booted } = newPool({ readyAtOnce: false })
  const taken = Promise.resolve(pool.take(image))
  taken.catch(() => {})
  await settle()
  clock.advance(30_000)
  await assert.rejects(taken, /not ready within 30 s/)
  assert.equal(booted[0]!.killed, true)
})

test('a program that dies while it boots is told at once', async () => {
  const { pool, booted } = newPool({ readyAtOnce: false })
  const taken = Promise.resolve(pool.take(image))
  taken.catch(() => {})
  await settle()
  booted[0]!.exit()
  await assert.rejects(taken, /ended before it was ready/)
})

test('one that dies while it waits is replaced and never handed out', async () => {
  const { pool, clock, booted } = newPool()
  pool.keepReady(image, 1)
  await settle()
  booted[0]!.exit()
  await settle()
  assert.equal(pool.readyCount('a'), 0)
  clock.advance(30)
  await settle()
  assert.equal(pool.readyCount('a'), 1)
  assert.equal((await pool.take(image)).sandbox.instanceId, 'c-1')
})

test('closing kills those that are ready, turns away those who wait, and keeps none that is still booting', async () => {
  const { pool, booted } = newPool({ bootsAtOnce: 3, readyAtOnce: false })
  pool.keepReady(image, 2)
  await settle()
  booted[0]!.say(frameType.ready)
  await settle()
  const turnedAway = Promise.resolve(pool.take(other))
  turnedAway.catch(() => {})
  await settle()
  await pool.close()
  await assert.rejects(turnedAway, /stopping/)
  for (const one of booted.slice(1)) one.say(frameType.ready)
  await settle()
  assert.deepEqual(
    booted.map(({ killed }) => killed),
    booted.map(() => true),
  )
  pool.keepReady(image, 9)
  await settle()
  assert.equal(booted.length, 3)
})
