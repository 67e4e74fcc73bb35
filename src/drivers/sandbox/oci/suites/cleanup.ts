import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rm } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { enterCommand } from '../../../../lib/private-namespace.ts'
import {
  binding,
  codeFolder,
  holding,
  readLine,
  running,
  sandboxSpec,
  uniqueSeconds,
  until,
} from '../../../../ports/sandbox.contract.ts'
import { NoDiskRoom } from '../../../../ports/sandbox.ts'
import { runProgram } from '../../run-program.ts'
import { newPlace, ownKernel, type Place } from './harness.ts'

/** Everything on the machine that carries the name of the owner or of one of its folders. */
async function traces({ folder, settings }: Place): Promise<string[]> {
  const groups = await runProgram('find', ['/sys/fs/cgroup', '-name', `hanshu-${settings.ownerId}`])
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')
  const devices = await readdir('/sys/block')
  const backing = await Promise.all(
    devices.map((device) => readFile(`/sys/block/${device}/loop/backing_file`, 'utf8').catch(() => '')),
  )
  const tables = await runProgram('nft', ['list', 'tables'])
  const links = await runProgram('ip', ['-o', 'link', 'show'])
  const commands = await runProgram('ps', ['-axww', '-o', 'args='])
  const within = (lines: string[]): string[] => lines.filter((line) => line.includes(folder))
  return [
    ...groups.split('\n').filter(Boolean),
    ...within(mounts),
    ...mounts.filter((line) => line.includes(' /run/netns')),
    ...within(backing),
    ...tables.split('\n').filter((line) => line.includes('hanshu')),
    ...links.split('\n').filter((line) => /: (hs|.*br:)/.test(line)),
    ...within(commands.split('\n')).filter((line) => !line.includes('--test')),
    ...(await readdir(settings.runDir).catch(() => [])),
    ...(await readdir(settings.diskDir).catch(() => [])).filter((name) => !name.startsWith('template-')),
  ]
}

test('a closed driver leaves nothing on the machine', async () => {
  const place = await newPlace()
  const code = await codeFolder({})
  const interfacesBefore = Object.keys(networkInterfaces())
  const driver = await place.open()
  const start = () => driver.create(sandboxSpec(['/bin/sh', '-c', 'sleep 1000']))
  const [bound, large, killed] = await Promise.all([start(), start(), start(), start()])
  await bound!.bind({ ...binding(code), optSource: code, internetAccess: false })
  await large!.bind({ ...binding(code), diskMb: 1024 })
  await killed!.kill()
  // The search itself finds what is there.
  assert.ok((await traces(place)).length > 10)
  await driver.close()
  await driver.close()
  await until(async () => (await traces(place)).length === 0).catch(async () =>
    assert.deepEqual(await traces(place), []),
  )
  assert.deepEqual(Object.keys(networkInterfaces()), interfacesBefore)
  await place.remove()
  await rm(code, { recursive: true })
})

test('an instance that could not be started leaves nothing behind either', async () => {
  const place = await newPlace({ networkPoolSize: 0 })
  const driver = await place.open()
  await (await driver.create(sandboxSpec(['/bin/sh']))).kill()
  const before = await traces(place)
  const missing = { source: '/hanshu-no-such-folder', target: '/somewhere' }
  await assert.rejects(
    driver.create({ ...sandboxSpec(['/bin/sh']), mounts: [missing] }),
    // runsc keeps the reason to itself.
    ownKernel ? /could not start the instance/ : /could not start the instance: .*hanshu-no-such-folder/,
  )
  await until(async () => (await traces(place)).length <= before.length)
  await driver.close()
  await place.remove()
})

test('an instance whose disk could outgrow the machine is refused, at its start or when it is bound, without a trace', async () => {
  const full = await newPlace({ networkPoolSize: 0, diskReserveMb: 1e9 })
  if (ownKernel) {
    // It is tried out when the driver is opened, which needs a disk.
    await assert.rejects(full.open(), NoDiskRoom)
  } else {
    const refusing = await full.open()
    assert.equal(refusing.tmpKind, 'image')
    await assert.rejects(refusing.create(sandboxSpec(['/bin/sh'])), NoDiskRoom)
    await refusing.close()
  }
  await until(async () => (await traces(full)).length === 0)
  await full.remove()

  const place = await newPlace({ networkPoolSize: 0, diskReserveMb: 0, diskOvercommit: 1 })
  const code = await codeFolder({})
  const driver = await place.open()
  const sandbox = await driver.create(sandboxSpec(['/bin/sh', '-c', 'sleep 1000']))
  await assert.rejects(sandbox.bind({ ...binding(code), diskMb: 1_000_000_000 }), NoDiskRoom)
  await sandbox.kill()
  await driver.close()
  await place.remove()
  await rm(code, { recursive: true })
})

test('what a platform that was killed left is removed by the next one', async () => {
  const place = await newPlace()
  const [mark, code] = [uniqueSeconds(), await codeFolder({})]
  const { log: _, ...settings } = place.settings
  const fixture = fileURLToPath(new URL('owner.fixture.ts', import.meta.url))
  const { argv, env } = enterCommand([process.execPath, fixture, JSON.stringify({ ...settings, mark, code })])
  const owner = spawn(argv[0]!, argv.slice(1), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  assert.equal(await readLine(owner.stdout!), 'up')
  /** Of each instance: two that sleep, or runsc with its sandbox and its gofer. */
  const [alive, each] = ownKernel
    ? [() => holding([`${settings.runDir}/state/`]), 3]
    : [() => running(mark), 2]
  await until(async () => (await alive()) === 3 * each)
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  // The kernel ends those that can run; the frozen one waits for the sweep.
  await until(async () => (await alive()) === each)
  assert.ok((await traces(place)).length > 0)
  const driver = await place.open()
  assert.equal(await alive(), 0)
  await (await driver.create(sandboxSpec(['/bin/sh', '-c', 'sleep 1000']))).kill()
  await driver.close()
  await until(async () => (await traces(place)).length === 0).catch(async () =>
    assert.deepEqual(await traces(place), []),
  )
  await place.remove()
  await rm(code, { recursive: true })
})
