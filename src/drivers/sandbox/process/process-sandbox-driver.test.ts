import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '../../../lib/logger.ts'
import { readLine, running, sandboxContract, uniqueSeconds, until } from '../../../ports/sandbox.contract.ts'
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

test('what a killed platform left is killed by the next one', async () => {
  const runDir = await newFolder()
  const mark = uniqueSeconds()
  const owner = spawn(
    process.execPath,
    [fileURLToPath(new URL('owner.fixture.ts', import.meta.url)), runDir, mark],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  assert.equal(await readLine(owner.stdout), 'up')
  await until(async () => (await running(mark)) === 2)
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  // The child in a session of its own outlives the platform.
  await until(async () => (await running(mark)) === 1)
  const driver = await processSandboxDriver({ runDir, log: silentLogger })
  assert.equal(await running(mark), 0)
  assert.deepEqual(await readdir(`${runDir}/instances`), [])
  await driver.close()
})
