/** What whoever is on call does to a platform: stop it while it works, stop it while it starts, start it with a strict umask. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFunction, fc3Client, httpTrigger, invoke } from '../clients.fixture.ts'
import { noSandboxesHere, projectDir, startPlatform } from '../platform.fixture.ts'

const sandbox = (await noSandboxesHere()) === false ? 'oci' : 'process'

/** Takes any upgrade and says nothing more. */
const silentServer = `
import os, socket, threading
server = socket.create_server(('0.0.0.0', int(os.environ['FC_CUSTOM_LISTEN_PORT'])))
def serve(client):
    if client.recv(65536):
        client.sendall(b'HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n')
        client.recv(65536)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
`

test('an open WebSocket does not keep the platform from stopping', async (t) => {
  const platform = await startPlatform({ sandbox })
  t.after(() => platform.remove())
  const client = fc3Client(platform)
  await createFunction(client, {
    functionName: 'silent',
    runtime: 'custom.debian10',
    timeout: 600,
    files: { 'server.py': silentServer },
    customRuntimeConfig: { port: 9000, command: ['python3', 'server.py'] },
  })
  const { port, hostname, pathname, host } = new URL(await httpTrigger(client, platform, 'silent'))
  const socket = connect(Number(port), hostname)
  t.after(() => socket.destroy())
  socket.write(
    `GET ${pathname}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\n\r\n`,
  )
  assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 101 /)
  assert.equal(await within(30_000, platform.stop()), 0)
})

test('told to stop while it starts, the platform finishes its start and leaves nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-stop-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(projectDir, 'src/main.ts')],
    {
      env: {
        ...process.env,
        HANSHU_DATA: folder,
        HANSHU_PORTS: 'auto',
        HANSHU_SANDBOX: sandbox,
        HANSHU_LOG_LEVEL: 'info',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  t.after(() => child.kill('SIGKILL'))
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  // The lock is the first thing that it makes; from then on there is something to take back.
  for (let owned = false; !owned && child.exitCode === null; ) {
    owned = (await readdir(folder)).includes('owner')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  child.kill('SIGTERM')
  const [code] = await within(60_000, once(child, 'exit'))
  assert.equal(code, 0, log)
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name === 'ready.json'),
    [],
  )
})

test('under the strictest umask functions run, and nobody else may look into the data folder', async (t) => {
  const before = process.umask(0o077)
  const platform = await startPlatform({ sandbox }).finally(() => process.umask(before))
  t.after(() => platform.remove())
  const client = fc3Client(platform)
  await createFunction(client, {
    functionName: 'hello',
    files: {
      'index.js': "exports.handler = (event, context, callback) => callback(null, require('./lib/a.js'))",
      'lib/a.js': "module.exports = 'hello'",
    },
  })
  assert.equal((await invoke(client, 'hello')).body, 'hello')
  const modeOf = async (name: string) => ((await stat(join(platform.dataDir, name))).mode & 0o777).toString(8)
  assert.equal(await modeOf('.'), '700')
  for (const name of ['records.db', 'records.db-wal', 'ready.json']) assert.equal(await modeOf(name), '600')
})

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`not within ${timeoutMs / 1000} s`)), timeoutMs)
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer))
}

for (const kind of new Set([sandbox, 'process'] as const)) {
  test(`an ephemeral platform (${kind}) leaves nothing, not even of one before it that was killed`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'hanshu-stop-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const options = { sandbox: kind, dataDir: folder, environment: { HANSHU_EPHEMERAL: 'true' } }
    for (const end of ['kill', 'stop'] as const) {
      const platform = await startPlatform(options)
      t.after(() => platform.remove())
      const client = fc3Client(platform)
      await createFunction(client, {
        functionName: 'f',
        files: { 'index.js': 'exports.handler = async () => 1' },
      })
      assert.equal((await invoke(client, 'f')).body, '1')
      assert.ok((await readdir(join(folder, 'ephemeral/code/unpacked'))).length > 0)
      await platform[end]()
    }
    assert.deepEqual(await readdir(folder), [])
  })
}
