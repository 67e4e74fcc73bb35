import assert from 'node:assert/strict'
import { duplexPair, PassThrough } from 'node:stream'
import { test } from 'node:test'
import { ManualClock } from '../lib/clock.ts'
import { randomIds } from '../lib/ids.ts'
import { silentLogger } from '../lib/logger.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import type { Sandbox, SandboxDriver, SandboxExit } from '../ports/sandbox.ts'
import { encodeFrame, FrameDecoder, frameType } from './frames.ts'
import type { PooledInstance } from './instance-pool.ts'
import { type CodeOnDisk, startInstance } from './instance-start.ts'
import type { StartFailure } from './live-instance.ts'
import { discardingLogSink } from './log-sink.ts'
import { type RuntimeImage, WarmPool } from './warm-pool.ts'

const image: RuntimeImage = { key: 'a', protocol: 'frames', argv: ['a'], env: {}, mounts: [] }
const revision = {
  accountId: '1',
  functionName: 'f',
  runtime: 'nodejs20',
  environment: {},
  timeoutMs: 3000,
  memoryMb: 128,
  initializer: { handler: 'index.initialize', timeoutMs: 3000 },
} as unknown as FunctionRevision

/** Starts of an instance whose program answers warm-ups, and whose initializer does as the test says. */
function starter(initialize: (say: (bytes: Uint8Array) => void) => void) {
  const clock = new ManualClock()
  const alive = new Set<string>()
  const driver: SandboxDriver = {
    name: 'test',
    isolates: true,
    async create({ instanceId }) {
      const [channel, program] = duplexPair()
      const exited = Promise.withResolvers<SandboxExit>()
      const decoder = new FrameDecoder((type, id) => {
        if (type === frameType.warm) program.write(encodeFrame(frameType.result, id))
        if (type === frameType.initialize) initialize((bytes) => void program.write(bytes))
      })
      program.on('data', (chunk) => decoder.push(chunk))
      program.write(encodeFrame(frameType.ready, 0))
      alive.add(instanceId)
      return {
        instanceId,
        channel,
        stdout: new PassThrough(),
        stderr: new PassThrough(),
        exited: exited.promise,
        bind: async () => ({ codeDir: '/code', optDir: '/opt', tmpDir: '/tmp', preparedDir: '/prepared' }),
        async kill() {
          alive.delete(instanceId)
          exited.resolve({ code: null, signal: 'SIGKILL', oomKilled: false })
        },
      } as unknown as Sandbox
    },
    close: async () => {},
  }
  const warmPool = new WarmPool({ driver, clock, ids: randomIds, log: silentLogger, bootsAtOnce: 4 })
  const start = (code: Promise<CodeOnDisk>) =>
    startInstance(
      {
        clock,
        log: silentLogger,
        logSink: discardingLogSink,
        warmPool,
        imageOf: () => image,
        materialize: () => code,
        credentialsFor: async () => undefined,
      },
      { revision } as PooledInstance,
      { requestId: 'r', qualifier: 'LATEST' },
    )
  return { start, alive, clock }
}

test('what was booted for code that cannot be made ready is ended', async () => {
  const { start, alive } = starter(() => {})
  await assert.rejects(start(Promise.reject(new Error('no space left'))), /no space left/)
  assert.equal(alive.size, 0)
})

test('an initializer that breaks the channel and runs on fails, and its instance is ended', async () => {
  const { start, alive, clock } = starter((say) => say(Buffer.alloc(9)))
  let failure: unknown
  void start(Promise.resolve({ codeSource: '/c' })).catch((error) => {
    failure = error
  })
  for (let turns = 0; turns < 100 && failure === undefined; turns++) {
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(100)
  }
  assert.equal((failure as StartFailure).because, 'crash')
  assert.equal(alive.size, 0)
})
