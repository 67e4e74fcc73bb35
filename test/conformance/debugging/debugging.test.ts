/** Debuggers at functions: what an IDE does, against a running platform. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { after, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { signAcs3 } from '../../../src/lib/signing/acs3.ts'
import { createFunction, invoke, models, zipOf } from '../../clients.fixture.ts'
import { type Platform, startPlatform, until } from '../../platform.fixture.ts'
import { api, type Bed, logOf, request, requestWith, sharedPlatform } from '../conformance.fixture.ts'
import { adapt, inspect } from './debug.fixture.ts'

type Event = { event: string; port?: number; instanceId?: string; codeDir?: string; message?: string }

interface Debugging {
  port: number
  /** The next event of this kind; those before it are passed over. */
  next(kind: string): Promise<Event>
  end(): void
}

/** Reads what the platform says for as long as the function is debugged. */
async function debug(
  { endpoints, accessKeyId, accessKeySecret }: Platform,
  name: string,
): Promise<Debugging> {
  const { host } = new URL(endpoints.fc)
  const rawPath = `/hanshu/functions/${name}/debug`
  const headers = signAcs3(
    { method: 'POST', rawPath, rawQuery: 'port=0', headers: { host }, body: '' },
    { accessKeyId, accessKeySecret },
    { nowMs: Date.now(), nonce: randomUUID() },
  )
  const gone = new AbortController()
  const { host: _, ...sent } = headers as Record<string, string>
  const response = await fetch(`${endpoints.fc}${rawPath}?port=0`, {
    method: 'POST',
    headers: sent,
    signal: gone.signal,
  })
  assert.equal(response.status, 200, response.status === 200 ? '' : await response.text())
  const input = Readable.fromWeb(response.body as never)
  // The end of it is asked for below.
  input.on('error', () => {})
  const lines = createInterface({ input })[Symbol.asyncIterator]()
  const next = async (kind: string): Promise<Event> => {
    for (;;) {
      const { value, done } = await lines.next()
      assert.ok(!done, `debugging ended before there was '${kind}'`)
      const event = JSON.parse(value) as Event
      if (event.event === kind) return event
      assert.notEqual(event.event, 'failed', event.message)
    }
  }
  const { port } = await next('listening')
  return { port: port!, next, end: () => gone.abort() }
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect({ host: '127.0.0.1', port })
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })

const addition = [
  'exports.handler = async (event) => {',
  '  const n = Number(String(event))',
  '  const doubled = n * 2',
  '  return String(doubled)',
  '}',
].join('\n')

for (const sandbox of ['oci', 'process'] as const) {
  if (sandbox === 'oci' && process.env['HANSHU_SANDBOX'] === 'process') continue
  describe(`debugging, ${sandbox} sandbox`, () => {
    const bed: Bed = sharedPlatform({
      sandbox,
      environment: { HANSHU_DEBUG: 'true', HANSHU_IDLE_SECONDS: '1', HANSHU_FREEZE_AFTER_MS: '50' },
    })

    test('a breakpoint of the Node inspector hits, and the timeout waits', { timeout: 60_000 }, async () => {
      await createFunction(bed.client, { functionName: 'node', timeout: 1, files: { 'index.js': addition } })
      // Nor is a second instance kept ready beside the one that is debugged.
      await bed.client.putProvisionConfig('node', requestWith('PutProvisionConfig', { target: 1 }))
      const session = await debug(bed.platform, 'node')
      const { codeDir, instanceId } = await session.next('ready')
      const client = await inspect(session.port)
      await client.ask('Runtime.enable')
      await client.ask('Debugger.enable')
      await client.ask('Debugger.setBreakpointByUrl', { lineNumber: 3, url: `file://${codeDir}/index.js` })

      const answer = invoke(bed.client, 'node', '21')
      const { callFrames } = (await client.next('Debugger.paused')) as {
        callFrames: { callFrameId: string }[]
      }
      const { callFrameId } = callFrames[0]!
      const evaluate = (expression: string) =>
        client.ask('Debugger.evaluateOnCallFrame', { callFrameId, expression }) as Promise<{
          result: { value: unknown }
        }>
      assert.equal((await evaluate('doubled')).result.value, 42)
      // Longer than the timeout, the time until it is frozen and the time until it is retired, at the breakpoint.
      await evaluate('for (const sinceMs = Date.now(); Date.now() - sinceMs < 2500; );')
      // Who calls meanwhile waits for the one instance.
      const second = invoke(bed.client, 'node', '1')
      await client.ask('Debugger.resume')
      assert.equal((await answer).body, '42')
      await client.next('Debugger.paused')
      const { instances } = await statusOf(bed.platform)
      assert.deepEqual(
        instances.filter(({ functionName }) => functionName === 'node').map((it) => it.instanceId),
        [instanceId],
      )
      await client.ask('Debugger.resume')
      assert.equal((await second).body, '2')

      await bed.client.deleteProvisionConfig('node', request('DeleteProvisionConfig'))
      // New code: a new instance, at the same port.
      const changed = addition.replace('n * 2', 'n * 3')
      await bed.client.updateFunction(
        'node',
        requestWith('UpdateFunction', {
          code: new models.InputCodeLocation({ zipFile: await zipOf({ 'index.js': changed }) }),
        }),
      )
      assert.notEqual((await session.next('ready')).instanceId, instanceId)
      client.close()
      const again = await inspect(session.port)
      assert.equal(
        ((await again.ask('Runtime.evaluate', { expression: '6 * 7' })) as { result: { value: number } })
          .result.value,
        42,
      )
      assert.equal((await invoke(bed.client, 'node', '2')).body, '6')

      // When nobody listens any more the port is closed and the instance goes.
      again.close()
      session.end()
      await until(async () => !(await accepts(session.port)), { what: 'the port to close' })
      await until(
        async () =>
          (await statusOf(bed.platform)).instances.every(({ functionName }) => functionName !== 'node'),
        { what: 'the debugged instance to go' },
      )
      assert.equal((await invoke(bed.client, 'node', '3')).body, '9')
    })

    test('a call that stands at a breakpoint when debugging ends has its timeout from then', {
      timeout: 60_000,
    }, async () => {
      const files = { 'index.js': 'exports.handler = async () => { for (;;); }' }
      await createFunction(bed.client, { functionName: 'stuck', timeout: 1, files })
      const session = await debug(bed.platform, 'stuck')
      await session.next('ready')
      const answer = invoke(bed.client, 'stuck')
      await until(
        async () =>
          (await statusOf(bed.platform)).instances.some(
            (it) => it.functionName === 'stuck' && it.state === 'busy',
          ),
        { what: 'the call to run' },
      )
      session.end()
      const { body, headers } = await answer
      assert.match(body, /timed out after 1 seconds/)
      assert.equal(headers['x-fc-error-type'], 'UnhandledInvocationError')
    })

    test('one debugger at a time, and none for what has no debugger', async () => {
      await createFunction(bed.client, { functionName: 'one', files: { 'index.js': addition } })
      const session = await debug(bed.platform, 'one')
      const second = await api(bed.platform, 'POST', '/hanshu/functions/one/debug?port=0')
      assert.equal(second.status, 400, second.text)
      assert.match(second.text, /is being debugged already/)
      session.end()
      const missing = await api(bed.platform, 'POST', '/hanshu/functions/none/debug')
      assert.equal(missing.status, 404, missing.text)
      await createFunction(bed.client, {
        functionName: 'own',
        runtime: 'custom.debian10',
        files: { bootstrap: '' },
      })
      const custom = await api(bed.platform, 'POST', '/hanshu/functions/own/debug')
      assert.match(custom.text, /custom.debian10 has no debugger/)
      const token = await api(bed.platform, 'POST', '/hanshu/functions/one/debug', {
        headers: { 'x-acs-security-token': 'of somebody' },
      })
      assert.equal(token.status, 403, token.text)
    })

    test('python without debugpy says what is missing, and runs', async (t) => {
      if (await importsDebugpy()) return t.skip('debugpy is installed on this machine')
      const files = { 'index.py': 'def handler(event, context):\n    return event\n' }
      await createFunction(bed.client, { functionName: 'bare', runtime: 'python3', files })
      const session = await debug(bed.platform, 'bare')
      await until(
        async () => (await logOf(bed.platform, 'bare')).some((line) => line.includes('debugpy is missing')),
        { what: 'the line about debugpy' },
      )
      assert.equal((await invoke(bed.client, 'bare', 'x')).body, 'x')
      session.end()
    })

    test('a breakpoint of debugpy hits, and the timeout waits', { timeout: 60_000 }, async (t) => {
      const packaged = await debugpyFiles()
      if (typeof packaged === 'string') return t.skip(packaged)
      const source = [
        'def handler(event, context):',
        '    doubled = int(event) * 2',
        '    return str(doubled)',
        '',
      ]
      const files = { 'index.py': source.join('\n'), ...packaged }
      await createFunction(bed.client, {
        functionName: 'py',
        runtime: 'python3',
        timeout: 1,
        memorySize: 512,
        files,
      })
      const session = await debug(bed.platform, 'py')
      const { codeDir } = await session.next('ready')
      const client = await adapt(session.port)
      await client.ask('initialize', { adapterID: 'test', pathFormat: 'path' })
      const attached = client.ask('attach', { justMyCode: true })
      await client.next('initialized')
      const { breakpoints } = await client.ask('setBreakpoints', {
        source: { path: `${codeDir}/index.py` },
        breakpoints: [{ line: 3 }],
      })
      assert.equal((breakpoints as { verified: boolean }[])[0]?.verified, true)
      await client.ask('configurationDone')
      await attached

      const answer = invoke(bed.client, 'py', '21')
      const { threadId } = await client.next('stopped')
      const { stackFrames } = await client.ask('stackTrace', { threadId })
      const frameId = (stackFrames as { id: number }[])[0]!.id
      const evaluate = (expression: string) =>
        client.ask('evaluate', { expression, frameId, context: 'repl' })
      assert.equal((await evaluate('doubled'))['result'], '42')
      await evaluate('__import__("time").sleep(2.5)')
      await client.ask('continue', { threadId })
      assert.equal((await answer).body, '42')
      client.close()
      session.end()
    })
  })
}

describe('a platform that was not told so', () => {
  test('lets nobody debug', async () => {
    const platform = await startPlatform({ sandbox: 'process' })
    after(() => platform.remove())
    const refused = await api(platform, 'POST', '/hanshu/functions/f/debug')
    assert.equal(refused.status, 403, refused.text)
    assert.match(refused.text, /debugging is off/)
  })
})

async function statusOf(platform: Platform): Promise<{
  instances: { functionName: string; instanceId: string; state: string }[]
}> {
  return JSON.parse((await api(platform, 'GET', '/hanshu/status')).text)
}

const run = promisify(execFile)
const python = '/usr/bin/python3'

const importsDebugpy = (): Promise<boolean> =>
  run(python, ['-c', 'import debugpy']).then(
    () => true,
    () => false,
  )

/** The package as a function would carry it, or why it cannot be had here. */
const debugpyFiles = (): Promise<Record<string, Buffer> | string> => {
  debugpy ??= installDebugpy()
  return debugpy
}
let debugpy: Promise<Record<string, Buffer> | string> | undefined

async function installDebugpy(): Promise<Record<string, Buffer> | string> {
  if (await importsDebugpy()) return {}
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-debugpy-'))
  try {
    const install = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-deps',
      '--no-compile',
      '--target',
      folder,
      'debugpy',
    ]
    await run('python3', install, { timeout: 60_000 })
    const files: Record<string, Buffer> = {}
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile() && !path.endsWith('.pyc'))
        files[path.slice(folder.length + 1)] = await readFile(path)
    }
    return files
  } catch (error) {
    return `debugpy cannot be installed here: ${(error as Error).message.split('\n')[0]}`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
