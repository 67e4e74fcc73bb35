import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '../../../lib/logger.ts'
import {
  binding,
  freePort,
  readLine,
  running,
  sandboxContract,
  sandboxSpec,
  uniqueSeconds,
  until,
} from '../../../ports/sandbox.contract.ts'
import { runProgram } from '../run-program.ts'
import { GUARDIAN } from './guardian.ts'
import { pathMapper } from './path-map.ts'
import { processSandboxDriver } from './process-sandbox-driver.ts'

const folders: string[] = []
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(`${tmpdir()}/hanshu-process-`)
  folders.push(folder)
  return folder
}

sandboxContract('process', async () => processSandboxDriver({ runDir: await newFolder(), log: silentLogger }))

test('a path inside a mount is called by its source, and a path that only looks alike is not', () => {
  const map = pathMapper([
    { source: '/host/lang', target: '/var/fc/lang' },
    { source: '/host/node', target: '/var/fc/lang/node' },
  ])
  assert.equal(map('/var/fc/lang/node/bin/node'), '/host/node/bin/node')
  assert.equal(map('/var/fc/lang'), '/host/lang')
  assert.equal(map('/var/fc/language'), '/var/fc/language')
  assert.equal(map('/usr/bin:/var/fc/lang/bin'), '/usr/bin:/host/lang/bin')
})

/** A platform that holds three processes, to be killed. */
async function startOwner(runDir: string, mark: string) {
  const fixture = fileURLToPath(new URL('owner.fixture.ts', import.meta.url))
  const owner = spawn(process.execPath, [fixture, runDir, mark], { stdio: ['ignore', 'pipe', 'inherit'] })
  assert.equal(await readLine(owner.stdout), 'up')
  await until(async () => (await running(mark)) === 3)
  return owner
}

test('what a platform holds ends with it, though it is killed and nobody comes after it', async () => {
  const mark = uniqueSeconds()
  const owner = await startOwner(await newFolder(), mark)
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  await until(async () => (await running(mark)) === 0)
})

test('what a platform left that was killed with its guardian is killed by the next one', async () => {
  const runDir = await newFolder()
  const mark = uniqueSeconds()
  const owner = await startOwner(runDir, mark)
  const processes = await runProgram('ps', ['-axww', '-o', 'pid=,ppid=,args='])
  const guardian = processes
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[1] === String(owner.pid) && fields.includes(GUARDIAN))
  process.kill(Number(guardian![0]), 'SIGKILL')
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  // The children outlive the platform.
  await until(async () => (await running(mark)) === 2)
  const driver = await processSandboxDriver({ runDir, log: silentLogger })
  assert.equal(await running(mark), 0)
  assert.deepEqual(await readdir(`${runDir}/instances`), [])
  await driver.close()
})

test('programs that want the same port get one each; it is free again when they are gone', async () => {
  const driver = await processSandboxDriver({ runDir: await newFolder(), log: silentLogger })
  const port = await freePort()
  const bound = async () => {
    const sandbox = await driver.create(sandboxSpec(['/bin/sh', '-c', 'sleep 1000']))
    await sandbox.bind({ ...binding(tmpdir()), listenPort: port })
    return sandbox
  }
  const sandboxes = [await bound(), await bound(), await bound()]
  const given = sandboxes.map((sandbox) => sandbox.address(port).port)
  assert.equal(given[0], port)
  assert.equal(new Set(given).size, 3)
  assert.equal(sandboxes[1]!.address(port + 1).port, port + 1)
  await sandboxes[0]!.kill()
  assert.equal((await bound()).address(port).port, port)
  await driver.close()
})

test('a port that another program of the machine listens on is not given away', async (t) => {
  const driver = await processSandboxDriver({ runDir: await newFolder(), log: silentLogger })
  t.after(() => driver.close())
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const sandbox = await driver.create(sandboxSpec(['/bin/sh', '-c', 'sleep 1000']))
  await sandbox.bind({ ...binding(tmpdir()), listenPort: port })
  assert.notEqual(sandbox.address(port).port, port)
})
