/** Starts that cannot succeed say why in one line, without a stack; a start that succeeds ends cleanly however it is told to. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually, repository, withoutSettings } from './platform.ts'

const command = join(repository, 'bin/hanshu')

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'hanshu-start-'))
  t.after(() => rm(path, { recursive: true, force: true, maxRetries: 3 }))
  return path
}

/** Runs a start that is expected to end by itself; what it said. */
async function failedStart(...flags: string[]): Promise<string> {
  const { code, said } = await new Promise<{ code: unknown; said: string }>((done) => {
    const options = { env: withoutSettings(process.env), timeout: 60_000 }
    execFile(command, ['up', ...flags], options, (error, output, notes) =>
      done({ code: error?.code, said: output + notes }),
    )
  })
  assert.equal(code, 1, said)
  assert.doesNotMatch(said, /^ +at |"stack"|E[A-Z]{4,}:/m)
  return said
}

test('a start that cannot succeed says why, and what to do about it', async (t) => {
  const dir = await folder(t)
  const data = join(dir, 'data')
  const file = join(dir, 'file')
  await writeFile(file, '')

  await t.test('the data folder is a file, or holds something else', async () => {
    assert.match(
      await failedStart('--data', file),
      /file cannot be the data folder: not a directory\. Name another one/,
    )
    assert.match(
      await failedStart('--data', dir),
      /cannot be the data folder: it holds something else\. Name another one/,
    )
  })

  await t.test('the ready file cannot be written', async () => {
    const ready = join(dir, 'none/ready.json')
    const said = await failedStart('--data', data, '--ready-file', ready)
    assert.match(
      said,
      /the ready file .*none\/ready\.json cannot be written in .*none: no such file or directory/,
    )
  })

  await t.test('a port is taken, or the address is not of this machine', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const port = String((server.address() as { port: number }).port)
    const taken = await failedStart('--data', data, '--sandbox', 'process', '--fc-port', port).finally(() =>
      server.close(),
    )
    assert.match(taken, new RegExp(`port ${port} is in use: .*--fc-port, or take any with --ports auto`))
    const elsewhere = ['--data', data, '--sandbox', 'process', '--host', '192.0.2.1', '--ports', 'auto']
    assert.match(
      await failedStart(...elsewhere),
      /cannot listen on .*192\.0\.2\.1 \(--host\): address not available/,
    )
  })

  await t.test('the data folder is in use', async () => {
    const { ready, end } = await running(data)
    assert.match(
      await failedStart('--data', data, '--ports', 'auto'),
      new RegExp(`is in use by the process ${ready.pid}: stop it first, or choose another data folder`),
    )
    assert.equal(await end('SIGTERM'), 0)
  })
})

for (const signal of ['SIGINT', 'SIGHUP'] as const) {
  test(`${signal} to the whole process group, as a terminal sends it, stops it cleanly and without a warning`, async (t) => {
    const data = join(await folder(t), 'data')
    await mkdir(data, { mode: 0o755 })
    const { end, said, hanshu } = await running(data)
    assert.equal((await stat(data)).mode & 0o777, 0o700, 'the root key is in there')
    // An instance that has served, and a pool that waits: of shells, because Node.js as first process ignores SIGINT.
    await hanshu('deploy', '-t', join(repository, 'examples/nodejs-web/s.yaml'))
    await hanshu('invoke', 'nodejs-web')
    const status = await eventually(
      async () => JSON.parse(await hanshu('status', '--output', 'json')),
      ({ pools }) => pools.length > 0 && pools.every((pool: { booting: number }) => pool.booting === 0),
    )
    assert.equal(status.instances.length, 1)
    assert.equal(await end(signal), 0, said())
    assert.match(said(), new RegExp(`"signal":"${signal}"`))
    const complaints = said()
      .split('\n')
      .filter((line) => /"level":[456]0/.test(line) && !line.includes('WITHOUT ISOLATION'))
    assert.deepEqual(complaints, [])
    await assert.rejects(stat(join(data, 'ready.json')), { code: 'ENOENT' })
  })
}

test('what the platform writes may go nowhere: it goes on serving', async (t) => {
  const data = join(await folder(t), 'data')
  const { child, end, hanshu } = await running(data)
  child.stdout.destroy()
  child.stderr.destroy()
  for (let calls = 0; calls < 3; calls++) assert.match(await hanshu('function', 'list'), /^NAME/)
  assert.equal(await end('SIGTERM'), 0)
})

async function running(data: string) {
  const env = withoutSettings(process.env)
  // A group of its own, as one that is started from a shell has.
  const child = spawn(command, ['up', '--data', data, '--ports', 'auto'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  const exited = once(child, 'exit')
  const killer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), 120_000)
  void exited.then(() => clearTimeout(killer))
  const ready = JSON.parse(
    await eventually(
      () => {
        assert.equal(child.exitCode, null, said)
        return readFile(join(data, 'ready.json'), 'utf8').catch(() => '')
      },
      (text) => text !== '',
      60_000,
    ),
  ) as { pid: number }
  return {
    child,
    ready,
    said: () => said,
    async end(signal: NodeJS.Signals): Promise<unknown> {
      process.kill(-child.pid!, signal)
      const [code, by] = await exited
      return code ?? by
    },
    hanshu: (...words: string[]) =>
      new Promise<string>((resolve, reject) => {
        execFile(command, words, { env: { ...env, HANSHU_DATA: data }, timeout: 60_000 }, (error, output) =>
          error ? reject(error) : resolve(output),
        )
      }),
  }
}
