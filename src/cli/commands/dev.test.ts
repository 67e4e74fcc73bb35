import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { run } from '../run.ts'
import { type Session, session } from '../testing/session.ts'

const sYaml = (...names: string[]) => `
edition: 3.0.0
resources:
${names
  .map(
    (name) => `  ${name}:
    component: fc3
    props:
      functionName: shop-${name}
      runtime: nodejs20
      handler: index.handler
      code: ./${name}
`,
  )
  .join('')}`

/** The command as it runs, over a stand-in whose logs and debugging are open streams. */
async function loop(t: TestContext, bed: Session, ...words: string[]) {
  const streams = new Map<string, ServerResponse>()
  bed.platform.answer = ({ path }, response) => {
    const [, kind = ''] = /^\/hanshu\/functions\/(.*)$/.exec(path) ?? []
    if (kind === '') return false
    response.writeHead(200)
    response.write('\n')
    streams.set(kind, response)
    return true
  }
  const terminal = bed.terminal()
  const ended = run(['dev', ...words], terminal)
  t.after(async () => {
    terminal.interrupt.abort()
    await ended
  })
  /** Lets time pass until it holds. */
  const until = async (holds: () => boolean, what: string) => {
    const deadlineMs = performance.now() + 10_000
    while (!holds()) {
      assert.ok(performance.now() < deadlineMs, `${what}\n${terminal.output()}\n${terminal.notes()}`)
      await turn()
      terminal.clock.advance(20)
    }
  }
  return { terminal, ended, until, streams }
}

test('all functions are deployed, then what changes, and their logs are shown', async (t) => {
  const bed = await session(t)
  await bed.write('s.yaml', sYaml('api', 'worker'))
  await bed.write('api/index.js', '1')
  await bed.write('worker/index.js', '1')
  const { terminal, ended, until, streams } = await loop(t, bed)
  await until(() => terminal.notes().includes('watching 2 functions'), 'both are deployed')
  assert.match(terminal.output(), /\+ shop-api: create.*\n\+ shop-worker: create/)

  bed.platform.received.length = 0
  await bed.write('api/index.js', '2')
  await until(() => terminal.output().includes('shop-api: reloaded'), 'the change is deployed')
  assert.match(terminal.output(), /^\d\d:\d\d:\d\d shop-api: reloaded in \d+ ms \(code 0\.1 KB, 1 files\)$/m)
  assert.deepEqual(bed.platform.writes(), ['PUT /2023-03-30/functions/shop-api'])
  const [update] = bed.platform.received.filter(({ method }) => method === 'PUT')
  assert.deepEqual(Object.keys(JSON.parse(update!.body.toString())), ['code'], 'only the code is sent')

  streams.get('shop-worker/logs')!.write('{"cursor":"1","message":"hello\\rworld\\n"}\n')
  await until(() => terminal.output().includes('shop-worker | world'), 'the log is shown')
  assert.match(terminal.output(), /^shop-worker \| hello\nshop-worker \| world$/m)

  terminal.interrupt.abort()
  assert.equal(await ended, 0)
})

test('a failure is said and does not end it; the file is watched, too', async (t) => {
  const bed = await session(t)
  await bed.write('s.yaml', sYaml('api'))
  await bed.write('api/index.js', '1')
  const { terminal, until, streams } = await loop(t, bed)
  await until(() => terminal.notes().includes('watching one function'), 'it is deployed')

  await bed.write('s.yaml', 'edition: 3.0.0\nresources: [')
  await until(() => /s\.yaml, line 2/.test(terminal.notes()), 'what is wrong is said')
  await bed.write('worker/index.js', '1')
  await bed.write('s.yaml', sYaml('worker'))
  await until(() => terminal.output().includes('+ shop-worker: create'), 'the new function is deployed')
  await until(() => streams.has('shop-worker/logs'), 'its log is followed')
  assert.match(terminal.output(), /shop-api: no longer in the file; left on the platform/)
  await bed.write('worker/index.js', '2')
  await until(() => terminal.output().includes('shop-worker: reloaded'), 'it is watched')
})

test('says where to attach a debugger, and how', async (t) => {
  const bed = await session(t)
  await bed.write('s.yaml', sYaml('api'))
  await bed.write('api/index.js', '1')
  const { terminal, until, streams } = await loop(t, bed, '--debug', 'api:9301')
  await until(() => streams.has('shop-api/debug'), 'debugging is asked for')
  assert.equal(bed.platform.received.find(({ path }) => path.endsWith('/debug'))?.query.get('port'), '9301')
  const stream = streams.get('shop-api/debug')!
  stream.write('{"event":"listening","host":"127.0.0.1","port":9301,"protocol":"inspector"}\n')
  stream.write('{"event":"ready","instanceId":"c-1","codeDir":"/code"}\n')
  await until(() => terminal.notes().includes('debug shop-api'), 'it is said')
  const [, launch] = /127\.0\.0\.1:9301\. For VS Code: (.*)/.exec(terminal.notes())!
  assert.deepEqual(JSON.parse(launch!), {
    type: 'node',
    request: 'attach',
    port: 9301,
    restart: true,
    localRoot: `${bed.folder}/api`,
    remoteRoot: '/code',
  })
})

test('what cannot be begun is said at once', async (t) => {
  const { hanshu, write } = await session(t)
  assert.match((await hanshu(['dev'])).notes, /There is no .*s\.yaml/)
  await write('s.yaml', sYaml('api'))
  assert.match((await hanshu(['dev', '--debug', 'apo'])).notes, /no function apo to debug/)
  assert.match((await hanshu(['dev', '--debug', 'api:99999'])).notes, /FUNCTION or FUNCTION:PORT/)
})
