import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import {
  binding,
  codeFolder,
  readLine,
  running,
  sandboxSpec,
  uniqueSeconds,
  until,
} from '../../../../ports/sandbox.contract.ts'
import type { OciSandboxDriver } from '../oci-sandbox-driver.ts'
import { newPlace, ownKernel, perl, runBound } from './harness.ts'

describe('an instance', { timeout: 300_000 }, () => {
  let driver: OciSandboxDriver
  const place = newPlace()
  before(async () => {
    driver = await (await place).open()
  })
  after(async () => {
    await driver.close()
    await (await place).remove()
  })

  test('is told the paths of the contract', async () => {
    const sandbox = await driver.create(sandboxSpec(['/bin/sh', '-c', 'sleep 1000']))
    const code = await codeFolder({})
    assert.deepEqual(await sandbox.bind(binding(code)), {
      codeDir: '/code',
      optDir: '/opt',
      tmpDir: '/tmp',
      preparedDir: '/var/fc/prepared',
    })
    await sandbox.kill()
    await rm(code, { recursive: true })
  })

  test('runs as a user of its own without any power', async () => {
    const script = 'id -u; id -g; grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status'
    const [first, second] = await Promise.all([runBound(driver, script), runBound(driver, script)])
    const [uid, gid, ...status] = first.output.trim().split('\n')
    assert.ok(Number(uid) >= 2_000_000 && uid === gid)
    assert.notEqual(second.output.split('\n')[0], uid)
    const facts = Object.fromEntries(status.map((line) => line.split(/:\s+/)))
    const none = '0000000000000000'
    assert.deepEqual(facts, {
      ...{ CapInh: none, CapPrm: none, CapEff: none, CapBnd: none },
      // gVisor does not tell the others, and filters what it asks of the machine, not what the program asks of it.
      ...(ownKernel ? { Seccomp: '0' } : { CapAmb: none, NoNewPrivs: '1', Seccomp: '2' }),
    })
  })

  const noNamespaces = ownKernel && 'a kernel of its own has namespaces of its own'
  test('is in namespaces of its own', { skip: noNamespaces }, async () => {
    const kinds = ['pid', 'mnt', 'ipc', 'uts', 'net', 'cgroup']
    const { output } = await runBound(
      driver,
      kinds.map((kind) => `readlink /proc/self/ns/${kind}`).join('\n'),
    )
    const inside = output.trim().split('\n')
    const outside = await Promise.all(kinds.map((kind) => readlink(`/proc/self/ns/${kind}`)))
    assert.equal(inside.length, kinds.length)
    for (const [at, namespace] of inside.entries()) assert.notEqual(namespace, outside[at])
  })

  test('does not see files of the machine', async () => {
    const secrets = await mkdtemp('/var/tmp/hanshu-secret-')
    await chmod(secrets, 0o755)
    await writeFile(`${secrets}/secret`, 'secret', { mode: 0o644 })
    // The /sys of gVisor has empty folders of its own.
    const { output } = await runBound(
      driver,
      `for f in ${secrets}/secret /root /etc/shadow /etc/hostname.d /etc/ssh /home/* /var/log /boot /sys/module/* /sys/block/*; do
         test -e $f && echo sees $f; done
       find / -xdev -name "$(basename ${secrets})" 2>/dev/null
       grep -c . /etc/passwd`,
    )
    assert.equal(output, '2\n')
    await rm(secrets, { recursive: true })
  })

  test('sees its own code and nobody else’s', async () => {
    const own = await codeFolder({ 'mine.txt': 'mine' })
    const others = await codeFolder({ 'others.txt': 'others' })
    const other = await driver.create(
      sandboxSpec(['/bin/sh', '-c', 'read go <&3; echo private > /tmp/private.txt; echo up; sleep 1000']),
    )
    await other.bind(binding(others))
    other.channel.write('\n')
    assert.equal(await readLine(other.stdout), 'up')
    const names = ['mine', 'others', 'private'].map((name) => `-name ${name}.txt -print`).join(' -o ')
    const { output } = await runBound(driver, `find / -path /proc -prune -o ${names}`, { codeSource: own })
    assert.equal(output, '/code/mine.txt\n')
    await other.kill()
    await Promise.all([own, others].map((folder) => rm(folder, { recursive: true })))
  })

  test('cannot write to its code, its layers or the system, even where the mode of a file would let it', async () => {
    const [code, layers] = [await codeFolder({ 'a.js': '' }), await codeFolder({ 'b.js': '' })]
    for (const folder of [code, layers]) await chmod(folder, 0o777)
    await Promise.all([chmod(`${code}/a.js`, 0o666), chmod(`${layers}/b.js`, 0o666)])
    const { output } = await runBound(
      driver,
      `for f in /code/a.js /code/new /opt/b.js /opt/new /new /usr/new /etc/new /etc/passwd /dev/new /proc/sys/kernel/hostname; do
         (echo x > $f) 2>/dev/null && echo wrote $f; done; echo done`,
      { codeSource: code, optSource: layers },
    )
    assert.equal(output, 'done\n')
    assert.deepEqual(await readdir(code), ['a.js'])
    await Promise.all([code, layers].map((folder) => rm(folder, { recursive: true })))
  })

  test('is refused the system calls that could change the machine', async () => {
    const calls: Record<string, [x64: number, arm64: number, ...args: string[]]> = {
      mount: [165, 40, '"none"', '"/tmp"', '"tmpfs"', '0', '""'],
      umount2: [166, 39, '"/tmp"', '2'],
      unshare: [272, 97, String(0x10000000)],
      setns: [308, 268, '0', '0'],
      keyctl: [250, 219, '0', '0', '0'],
      bpf: [321, 280, '0', '0', '0'],
      perf_event_open: [298, 241, '0', '0', '0', '0', '0'],
      io_uring_setup: [425, 425, '1', '0'],
      userfaultfd: [323, 282, '0'],
      open_by_handle_at: [304, 265, '0', '0', '0'],
      process_vm_readv: [310, 270, '1', '0', '0', '0', '0', '0'],
      init_module: [175, 105, '0', '0', '0'],
      reboot: [169, 142, '0', '0', '0', '0'],
    }
    const arm = process.arch === 'arm64'
    const source = Object.entries(calls)
      .map(([name, [x64, arm64, ...args]]) => {
        const values = args.map((arg, at) =>
          arg.startsWith('"') ? `my $a${at} = ${arg};` : `my $a${at} = ${arg};`,
        )
        return `{ ${values.join(' ')} $! = 0; syscall(${[arm ? arm64 : x64, ...args.map((_, at) => `$a${at}`)].join(', ')}); print "${name} ", $! + 0, "\\n"; }`
      })
      .join('\n')
    const sandbox = await driver.create(
      sandboxSpec(perl(`${source} syscall(999); print "future ", $! + 0, "\\n"`)),
    )
    let output = ''
    for await (const chunk of sandbox.stdout) output += chunk
    const answers = output.trim().split('\n')
    await sandbox.kill()
    if (ownKernel) {
      // What else it does, it does to the instance's own kernel, within the limits of this one.
      for (const name of ['mount', 'umount2']) assert.ok(answers.includes(`${name} 1`), output)
      for (const name of ['bpf', 'init_module', 'reboot']) assert.ok(answers.includes(`${name} 38`), output)
      return
    }
    assert.deepEqual(answers, [...Object.keys(calls).map((name) => `${name} 1`), 'future 38'])
  })

  test('cannot see or signal processes of the machine', async () => {
    const mark = uniqueSeconds()
    const outside = spawn('/bin/sh', ['-c', `exec sleep ${mark}`], { stdio: 'ignore' })
    await until(async () => (await running(mark)) === 1)
    const { output } = await runBound(
      driver,
      `for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline; echo; done | grep -c "^sleep ${mark}"
       kill -9 ${process.pid} 2>/dev/null && echo killed
       kill -9 -1; echo still here`,
    )
    assert.equal(output, '0\nstill here\n')
    assert.equal(await running(mark), 1)
    outside.kill('SIGKILL')
  })

  test('that takes more memory than it has is killed, and it is told', async () => {
    const { sandbox } = await runBound(driver, `exec perl -e '$x = "a" x 300_000_000; sleep 1000'`, {
      memoryMb: 64,
    })
    assert.deepEqual(await sandbox.exited, { code: null, signal: 'SIGKILL', oomKilled: true })
    const { sandbox: modest } = await runBound(driver, `exec perl -e '$x = "a" x 20_000_000'`, {
      memoryMb: 64,
    })
    assert.deepEqual(await modest.exited, { code: 0, signal: null, oomKilled: false })
  })

  test('cannot have more processes than it may, and a bomb hurts nobody else', async () => {
    // gVisor cannot refuse one of its program's processes: it ends with all of them at the limit of the machine's.
    const most = ownKernel ? 18 : 1000
    const count = `perl -e 'my $n = 0; while ($n < ${most} && defined(my $p = fork)) { if (!$p) { sleep 1000 } $n++ } print "$n\\n"; kill 9, -$$'`
    const { output } = await runBound(driver, count, { pidsMax: 20 })
    // The shell and perl are processes as well.
    assert.equal(Number(output), 18)
    const bomb = await driver.create(sandboxSpec(perl('print "boom\\n"; while (1) { fork }')))
    await bomb.bind({ ...binding((await place).folder), pidsMax: 50 })
    const { output: neighbour } = await runBound(driver, 'for i in 1 2 3; do (echo $i); done')
    assert.equal(neighbour, '1\n2\n3\n')
    await bomb.kill()
  })

  test('that fills its disk is told so, keeps its memory, and its neighbours can write', async () => {
    const neighbour = await driver.create(
      sandboxSpec([
        '/bin/sh',
        '-c',
        'read go <&3; head -c 20000000 /dev/zero > /tmp/f && wc -c < /tmp/f; sleep 1000',
      ]),
    )
    const { output, sandbox } = await runBound(
      driver,
      'dd if=/dev/zero of=/tmp/f bs=1M 2>&1 | grep -o "No space left on device"; rm /tmp/f; echo again > /tmp/g && cat /tmp/g',
      { memoryMb: 32, diskMb: 48 },
    )
    assert.equal(output, 'No space left on device\nagain\n')
    if (driver.tmpKind === 'image') assert.equal((await sandbox.exited).oomKilled, false)
    neighbour.channel.write('\n')
    assert.equal(await readLine(neighbour.stdout), '20000000')
    await neighbour.kill()
  })

  test('gets a larger disk when its function has one', async () => {
    const script =
      'df -m --output=size /tmp | tail -1; head -c 100000000 /dev/zero > /tmp/f && echo written; perl -e "printf q(%o), 07777 & (stat q(/tmp))[2]"'
    const { output } = await runBound(driver, script, { diskMb: 10_240 })
    const [size, ...rest] = output.trim().split('\n')
    assert.ok(Number(size) > 9_500, size)
    assert.deepEqual(rest, ['written', '1777'])
  })

  test('cannot run a program with the rights of its owner, or use devices', async () => {
    const { output } = await runBound(
      driver,
      `cp /usr/bin/id /tmp/id && chmod 4755 /tmp/id && /tmp/id -u; mknod /tmp/disk b 254 0 2>/dev/null && echo made
       cd /dev; echo * | tr "\\n" " "; head -c 4 /dev/urandom | wc -c; grep -E " /(tmp|code|usr|dev) " /proc/self/mountinfo | grep -vc nosuid`,
    )
    const [uid, devices, count] = output.split('\n')
    assert.ok(Number(uid) >= 2_000_000)
    assert.match(
      devices!,
      /^(core |fd |full |fuse |net |null |ptmx |pts |random |shm |stderr |stdin |stdout |tty |urandom |zero |console |mqueue )+4$/,
    )
    // gVisor does not tell this option.
    if (!ownKernel) assert.equal(count, '0')
  })
})
