import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { allProcesses, MARKER, ownerOf } from './process-table.ts'
import { usageTable } from './usage-table.ts'

const facts = (pid: number) => ({
  pid,
  parentPid: 1,
  groupId: pid,
  cpuMs: 0,
  memoryBytes: pid,
  memoryPeakBytes: pid,
})

/** A machine whose processes are set by hand, and that counts how often it is looked at. */
function machine() {
  const processes = new Map<string, number>()
  const state = { nowMs: 0, looks: 0 }
  const table = usageTable({
    nowMs: () => state.nowMs,
    look: async () => {
      state.looks++
      return [...processes].map(([instanceId, pid]) => ({
        owner: ownerOf(instanceId, pid),
        facts: facts(pid),
      }))
    },
  })
  const pids = async (id: string) =>
    (await table.processesOf(id, processes.get(id) ?? 0)).map(({ pid }) => pid)
  return { processes, state, pids, table }
}

test('instances that ask at once, or shortly one after the other, share one look', async () => {
  const { processes, state, pids } = machine()
  for (let index = 1; index <= 300; index++) processes.set(`c-${index}`, index)
  const all = await Promise.all([...processes.keys()].map(pids))
  assert.deepEqual(all.flat(), [...processes.values()])
  state.nowMs = 199
  assert.deepEqual(await pids('c-7'), [7])
  assert.equal(state.looks, 1)
  state.nowMs = 200
  assert.deepEqual(await pids('c-7'), [7])
  assert.equal(state.looks, 2)
})

test('an instance that came after the last look is looked for, also one with the id of an earlier one', async () => {
  const { processes, state, pids } = machine()
  assert.deepEqual(await pids('c-1'), [])
  processes.set('c-1', 11)
  assert.deepEqual(await pids('c-1'), [11])
  processes.set('c-1', 12)
  assert.deepEqual(await pids('c-1'), [12])
  assert.equal(state.looks, 3)
})

test('what is outdated is looked at again, also by who asks while a look from before is under way', async () => {
  const { processes, state, pids, table } = machine()
  processes.set('c-1', 11)
  await pids('c-1')
  table.outdate()
  const before = pids('c-1')
  table.outdate()
  assert.deepEqual([await pids('c-1'), await before], [[11], [11]])
  assert.equal(state.looks, 3)
  await pids('c-1')
  assert.equal(state.looks, 3)
})

test('a look that failed is not remembered', async () => {
  let broken = true
  const table = usageTable({
    look: async () => {
      if (broken) throw new Error('/proc')
      return [{ owner: ownerOf('c', 1), facts: facts(1) }]
    },
  })
  await assert.rejects(table.processesOf('c', 1))
  broken = false
  assert.equal((await table.processesOf('c', 1)).length, 1)
})

test('a look at this machine finds who carries a marker, and its group, with what they use', {
  skip: process.platform !== 'linux' && 'only Linux shows the environment of processes',
}, async () => {
  const id = `c-look-${process.pid}`
  const child = spawn('/bin/sh', ['-c', 'echo up; env -i sleep 100 & exec sleep 100'], {
    env: { ...process.env, [MARKER]: id },
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    await once(child.stdout!, 'data')
    const own = async () => (await allProcesses()).filter(({ owner }) => owner === id)
    let found = await own()
    while (found.length < 2) found = await own()
    assert.ok(found.every(({ facts }) => facts.groupId === child.pid && facts.memoryBytes > 0))
    assert.ok((await allProcesses()).every(({ facts }) => facts.pid !== process.pid))
  } finally {
    process.kill(-child.pid!, 'SIGKILL')
    await once(child, 'exit')
  }
})
