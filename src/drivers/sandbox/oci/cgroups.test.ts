import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type CgroupLimits, freezer } from './cgroup.ts'
import { cgroupsV2 } from './cgroups-v2.ts'
import { cgroupMounts, openCgroups } from './open-cgroups.ts'

const MOUNTINFO = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')
const mounts = cgroupMounts(MOUNTINFO)
const isRoot = process.getuid?.() === 0
const newOwner = (): string => `hanshu-test-${randomBytes(4).toString('hex')}`
const MIB = 1024 * 1024

const limits = (more: Partial<CgroupLimits> = {}): CgroupLimits => ({
  ...{ memoryBytes: 512 * MIB, cpu: 2, pidsMax: 100, priority: 'low' },
  ...more,
})

test('mounts of both versions are found, also where one hierarchy has several controllers', () => {
  const found = cgroupMounts(
    [
      '35 31 0:31 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory',
      '36 31 0:32 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct',
      '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
    ].join('\n'),
  )
  assert.equal(found.v2, '/sys/fs/cgroup/unified')
  assert.equal(found.v1.get('memory'), '/sys/fs/cgroup/memory')
  assert.equal(found.v1.get('cpuacct'), '/sys/fs/cgroup/cpu,cpuacct')
})

test('a machine without control groups is refused with a clear message', () => {
  assert.throws(() => openCgroups('hanshu-x', '22 27 0:21 / /proc rw - proc proc rw'), /no control groups/)
})

const v1Skip = isRoot && mounts.v1.has('memory') ? false : 'needs root and control groups of version 1'
test('limits of version 1 are written, grow and shrink', { skip: v1Skip }, async () => {
  const groups = openCgroups(newOwner(), MOUNTINFO)
  const group = groups.create('one', limits())
  const read = (controller: string, file: string): Promise<string> =>
    readFile(`${mounts.v1.get(controller)}/${groups.owner}/one/${file}`, 'utf8')
  for (const memoryBytes of [128 * MIB, 1024 * MIB, 64 * MIB]) {
    group.setLimits(limits({ memoryBytes, cpu: 0.35, pidsMax: 42, priority: 'normal' }))
    assert.equal(Number(await read('memory', 'memory.limit_in_bytes')), memoryBytes)
    assert.equal(Number(await read('cpu', 'cpu.cfs_quota_us')), 35_000)
    assert.equal(Number(await read('pids', 'pids.max')), 42)
  }
  assert.deepEqual(groups.names(), ['one'])
  await group.remove()
  await groups.remove()
  assert.deepEqual(groups.names(), [])
})

test('a freeze that takes long is asked for again, until it is frozen or let go', async () => {
  let again = 0
  const asked: boolean[] = []
  const { freeze, thaw } = freezer({
    set: (frozen) => void asked.push(frozen),
    isFrozen: () => again === 2,
    again: () => void again++,
  })
  await freeze()
  assert.deepEqual([again, asked], [2, [true]])
  thaw()

  // Never frozen: only the thaw ends it, and after that nothing is asked of the kernel any more.
  again = 3
  const freezing = freeze()
  while (again === 3) await nextTurn()
  thaw()
  const before = again
  await freezing
  assert.deepEqual([again - before, asked], [0, [true, false, true, false]])
})

test('limits of version 2 go to the files of version 2', { skip: process.platform !== 'linux' }, async () => {
  const root = await mkdtemp(`${tmpdir()}/hanshu-cgroup2-`)
  for (const [file, text] of Object.entries({
    'cgroup.controllers': 'cpuset cpu io memory pids\n',
    'cgroup.subtree_control': '',
  })) {
    await writeFile(`${root}/${file}`, text)
  }
  // The kernel makes the files of a group with its folder; a plain folder needs them made.
  const groups = cgroupsV2('hanshu-x', root)
  assert.throws(() => groups.create('one', limits()), /subtree_control/)
  await writeFile(`${root}/hanshu-x/cgroup.subtree_control`, '')
  assert.throws(() => groups.create('one', limits()), /memory.max/)
  const files = ['memory.max', 'memory.swap.max', 'cpu.weight', 'cpu.max', 'pids.max']
  for (const file of files) await writeFile(`${root}/hanshu-x/one/${file}`, '')
  groups.create('one', limits({ cpu: 0.5, priority: 'normal' }))
  const written = await Promise.all(files.map((file) => readFile(`${root}/hanshu-x/one/${file}`, 'utf8')))
  assert.deepEqual(written, [String(512 * MIB), '0', '100', '50000 100000', '100'])
  await rm(root, { recursive: true })
})

const v2Skip = isRoot && mounts.v2 ? false : 'needs root and control groups of version 2'
test('version 2 freezes, thaws and kills, frozen or not', { skip: v2Skip }, async () => {
  const groups = cgroupsV2(newOwner(), mounts.v2!, [])
  const group = groups.create('one', limits())
  const child = spawn('/bin/sh', ['-c', `echo $$ > ${group.procsFiles[0]}; sleep 1000 & sleep 1000`])
  const ended = once(child, 'exit')
  while (group.pids().length < 3) await new Promise((resolve) => setImmediate(resolve))
  await group.freeze()
  group.thaw()
  await group.freeze()
  await group.killAll()
  assert.deepEqual(group.pids(), [])
  assert.deepEqual(await ended, [null, 'SIGKILL'])
  await group.remove()
  await groups.remove()
})
