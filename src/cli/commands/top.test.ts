import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { run } from '../run.ts'
import { session } from '../testing/session.ts'

const boundsSeconds = [0.01, 0.1, 1]

/** The n-th look of the platform: `busy` is called ten times more each second, `bad` fails once more. */
const look = (n: number) => ({
  version: '1.2.3',
  uptimeSeconds: 3600 + n,
  memory: { rssMb: 99 },
  instances: [
    { functionName: 'busy', versionId: 'LATEST', instanceId: 'c-1', state: 'busy', served: n },
    { functionName: 'busy', versionId: 'LATEST', instanceId: 'c-2', state: 'frozen', served: n },
    { functionName: 'bad', versionId: 'LATEST', instanceId: 'c-3', state: 'idle', served: n },
  ],
  asyncQueueDepth: 3,
  asyncQueue: [{ functionName: 'later', waiting: 3, oldestSeconds: 75 }],
  pools: [{ image: 'nodejs20', ready: 2, booting: 1, wanted: 3 }],
  atMs: 5000 + n * 1000,
  durationBoundsSeconds: boundsSeconds,
  functions: [
    {
      functionName: 'busy',
      outcomes: { succeeded: 1000 + 10 * n, cancelled: 1 },
      duration: { buckets: [1000 + 10 * n, 0, 0, 0], sum: 1, count: 1000 + 10 * n },
    },
    {
      functionName: 'bad',
      outcomes: { succeeded: 2, unhandledError: n, throttled: n },
      duration: { buckets: [2, n, 0, 0], sum: 1, count: 2 + n },
    },
  ],
})

async function watched(t: TestContext, size?: { columns: number; rows: number }) {
  const { platform, terminal } = await session(t, size)
  let looks = 0
  platform.answer = ({ path }, response) => {
    if (path !== '/hanshu/status') return false
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(look(looks++)))
    return true
  }
  const own = terminal()
  /** Lets time pass, slower than an answer takes to be given up. */
  const until = async (check: () => boolean) => {
    while (!check()) {
      own.clock.advance(10)
      await new Promise(setImmediate)
    }
  }
  const ended = async (finished: Promise<number>) => {
    let code: number | undefined
    void finished.then((exitCode) => {
      code = exitCode
    })
    await until(() => code !== undefined)
    return code
  }
  return { platform, own, until, ended, looks: () => looks }
}

const lineOf = (text: string, name: string): string[] =>
  (text.split('\n').find((line) => line.startsWith(name)) ?? '').trim().split(/ +/)

test('--once prints what happened between two looks', async (t) => {
  const { own, ended } = await watched(t)
  const finished = run(['top', '--once'], own)
  assert.equal(await ended(finished), 0)
  const output = own.output()
  assert.deepEqual(lineOf(output, 'busy'), ['busy', '10', '0', '5.0ms', '9.5ms', '2', '1', '1', '0', '-'])
  assert.deepEqual(lineOf(output, 'bad'), ['bad', '2.0', '2.0', '55ms', '96ms', '1', '0', '0', '0', '-'])
  assert.deepEqual(lineOf(output, 'later'), ['later', '0', '0', '-', '-', '0', '0', '0', '3', '1m'])
  assert.doesNotMatch(output, /\x1b/)
})

test('--once --output json is for programs', async (t) => {
  const { own, ended } = await watched(t)
  const finished = run(['top', '--once', '--output', 'json', '--sort', 'errors'], own)
  assert.equal(await ended(finished), 0)
  const [first] = JSON.parse(own.output())
  assert.deepEqual([first.functionName, first.calls, first.errors], ['bad', 2, 2])
})

test('in a terminal it is drawn anew each second, sorted as is typed, until q', async (t) => {
  const size = { columns: 80, rows: 12 }
  const { own, until, looks } = await watched(t, size)
  const screen = own.screen!
  const finished = run(['top'], own)
  await until(() => screen.draws === 1)
  assert.deepEqual(
    lineOf(screen.shown(), 'busy').slice(0, 2),
    ['busy', '0'],
    'the first look compares with nothing',
  )
  for (let n = 1; n <= 2; n++) {
    await until(() => screen.draws === n + 1)
  }
  assert.equal(looks(), 3)
  const order = () =>
    screen
      .shown()
      .split('\n')
      .slice(3, 6)
      .map((line) => line.split(' ')[0])
  assert.deepEqual(order(), ['busy', 'bad', 'later'])
  assert.deepEqual(lineOf(screen.shown(), 'busy').slice(0, 2), ['busy', '10'])
  assert.match(
    screen.shown(),
    /^hanshu 1\.2\.3, up 1h0m, 99 MB \| 12 calls\/s \| 3 instances, 1 busy \| 3 queued/,
  )
  screen.type('e')
  assert.deepEqual(order(), ['bad', 'busy', 'later'])
  assert.match(screen.shown(), /FUNCTION +CALLS\/S +>ERR\/S/)
  for (const line of screen.shown().split('\n')) assert.ok(line.length <= 80, line)
  assert.equal(screen.shown().split('\n').length, 12)
  screen.type('q')
  assert.equal(await finished, 0)
  assert.equal(screen.isLeft, true)
})

test('what has no room is counted; when there is more room it is there', async (t) => {
  const { own, until } = await watched(t, { columns: 60, rows: 7 })
  const screen = own.screen!
  const finished = run(['top'], own)
  await until(() => screen.draws === 1)
  assert.match(screen.shown(), /and 2 more/)
  for (const line of screen.shown().split('\n')) assert.ok(line.length <= 60, line)
  assert.match(screen.shown(), /FUNCTION +>CALLS\/S +ERR\/S +P50 +P95 +INST +BUSY +FROZ\n/)
  screen.resize({ columns: 100, rows: 20 })
  assert.doesNotMatch(screen.shown(), /more/)
  assert.equal(lineOf(screen.shown(), 'later')[0], 'later')
  own.interrupt.abort()
  await finished
  assert.equal(screen.isLeft, true)
})

test('a platform that is gone is told of, and asked again', async (t) => {
  const { platform, own, until } = await watched(t, { columns: 80, rows: 12 })
  const screen = own.screen!
  const finished = run(['top'], own)
  await until(() => screen.draws === 1)
  const { answer } = platform
  platform.answer = (_request, response) => {
    response.writeHead(500, { 'content-type': 'application/json' }).end('{"Code":"Gone","Message":"for now"}')
    return true
  }
  await until(() => screen.draws === 2)
  assert.match(screen.shown(), /\nGone: for now/)
  assert.equal(lineOf(screen.shown(), 'busy')[0], 'busy', 'what was known is still shown')
  platform.answer = answer
  await until(() => screen.draws === 3)
  assert.doesNotMatch(screen.shown(), /Gone/)
  screen.type('q')
  assert.equal(await finished, 0)
})

test('a pipe is no terminal, and wrong words are refused', async (t) => {
  const { own } = await watched(t)
  assert.equal(await run(['top'], own), 2)
  assert.match(own.notes(), /--once/)
  for (const words of [
    ['--sort', 'name'],
    ['--interval', '0'],
    ['--interval', 'x'],
    ['--output', 'json'],
  ])
    assert.equal(await run(['top', ...words], own), 2, words.join(' '))
})

test('status has a line for each function, and --output json is what the platform said', async (t) => {
  const { own } = await watched(t)
  assert.equal(await run(['status'], own), 0)
  const output = own.output()
  assert.deepEqual(lineOf(output, 'bad').slice(0, 7), ['bad', '2', '0', '5.0ms', '9.5ms', '0', '-'])
  assert.match(output, /^busy .* 1 busy, 1 frozen$/m)
  assert.match(output, /^later +0 +0 +- +- +3 +1m +-$/m)
  assert.match(output, /^nodejs20 +2 +1 +3$/m)
  assert.match(output, /^up: 1h0m\nmemory: 99 MB$/m)
})
