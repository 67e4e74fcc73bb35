/**
 * A disk that fills up while events are accepted and functions deployed: refusals are clear, nothing is half-written, and
 * with room again everything goes on. HANSHU_FAULT_SEED repeats a run. The disk is a small one in memory, which only root
 * may mount; instances (process sandbox) are elsewhere.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFunction, fc3Client, invoke } from '../clients.fixture.ts'
import { api, request, spooled } from '../conformance/conformance.fixture.ts'
import { startPlatform, until } from '../platform.fixture.ts'
import { faultSeed } from './seeded.fixture.ts'

const seed = faultSeed()
const rounds = Number(process.env['HANSHU_FAULT_ROUNDS'] ?? 4)
const mayMount = process.platform === 'linux' && process.getuid?.() === 0

test('a full disk refuses clearly, halves nothing, and serves again when there is room', {
  skip: !mayMount && 'this user may not mount a file system',
  timeout: 200_000,
}, async (t) => {
  t.diagnostic(`HANSHU_FAULT_SEED=${seed}`)
  let state = seed | 1
  const random = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-test-'))
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'hanshu-test', disk])
  const platform = await startPlatform({
    sandbox: 'process',
    dataDir: join(disk, 'data'),
    environment: { HANSHU_POOL_SIZE: '1' },
  }).catch((error) => {
    execFileSync('umount', [disk])
    throw error
  })
  const ballast = join(disk, 'ballast')
  /** Leaves so much of the disk. */
  const fill = (leftBytes: number) => {
    const file = openSync(ballast, 'a')
    const piece = Buffer.alloc(4096)
    try {
      for (let free = freeBytes(); free > leftBytes; free -= piece.length) writeSync(file, piece)
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
    } finally {
      closeSync(file)
    }
  }
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(disk)
    return bavail * bsize
  }
  try {
    const client = fc3Client(platform, { connectTimeout: 60_000 })
    // The process sandbox leaves its instances the machine's disk: what ran is known although the log had no room.
    const ranFile = join(folder, 'ran')
    const echo = {
      'index.js': `exports.handler = async (event) => {
        const [, name] = /^(\\S+) x/.exec(event) ?? []
        if (name) require('node:fs').appendFileSync(${JSON.stringify(ranFile)}, name + '\\n')
        return event
      }`,
    }
    await createFunction(client, { functionName: 'steady', files: echo })
    assert.equal((await invoke(client, 'steady', 'warm')).body, 'warm')

    const accepted: string[] = []
    const refused = new Set<string>()
    const deployed: string[] = []
    for (let round = 0; round < rounds; round++) {
      // Some rounds have no room at all, and in others it runs out on the way.
      fill(round % 3 === 0 ? 0 : Math.floor(random() * 600_000))
      for (let step = 0; step < 12; step++) {
        const name = `${round}-${step}`
        if (random() < 0.6) {
          const event = `${name} x${'x'.repeat(Math.floor(random() * 60_000))}`
          await invoke(client, 'steady', event, { xFcInvocationType: 'Async' }).then(
            ({ statusCode }) => {
              assert.equal(statusCode, 202)
              accepted.push(name)
            },
            ({ statusCode, code, message }) => refused.add(`${statusCode} ${code} ${message}`),
          )
        } else {
          const files = {
            ...echo,
            padding: Buffer.from(Array.from({ length: 40_000 }, () => random() * 256)),
          }
          await createFunction(client, { functionName: `f-${name}`, files }).then(
            () => deployed.push(`f-${name}`),
            ({ statusCode, code, message }) => refused.add(`${statusCode} ${code} ${message}`),
          )
        }
        // What needs no room goes on.
        assert.equal((await invoke(client, 'steady', `${name}!`)).body, `${name}!`)
      }
      rmSync(ballast)
      await createFunction(client, { functionName: `after-${round}`, files: echo })
      deployed.push(`after-${round}`)
      assert.equal((await invoke(client, `after-${round}`, 'room')).body, 'room')
    }
    assert.ok(refused.size > 0, 'the disk was full at some time')
    for (const refusal of refused)
      assert.match(refusal, /^500 InternalServerError .*There is no space left on the disk of the platform/)

    const { functions } = (await client.listFunctions(request('ListFunctions', { limit: 100 }))).body
    const names = functions.map(({ functionName }: { functionName: string }) => functionName).sort()
    assert.deepEqual(names, [...deployed, 'steady'].sort())
    for (const functionName of deployed)
      assert.equal((await invoke(client, functionName, 'runs')).body, 'runs')
    assert.deepEqual(await spooled(platform), [])
    await until(
      async () => JSON.parse((await api(platform, 'GET', '/hanshu/status')).text).asyncQueueDepth === 0,
      {
        what: 'the accepted events',
        timeoutMs: 60_000,
      },
    )
    const ran = new Set(readFileSync(ranFile, 'utf8').split('\n').filter(Boolean))
    assert.deepEqual([...ran].sort(), accepted.sort())
    t.diagnostic(
      `${accepted.length} events and ${deployed.length} functions were taken; ${refused.size} refused`,
    )
  } finally {
    await platform.stop()
    await rm(ballast, { force: true })
    execFileSync('umount', [disk])
    await rm(folder, { recursive: true, force: true })
  }
})
