import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import type { Readable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Sandbox, SandboxBinding, SandboxDriver, SandboxSpec } from './sandbox.ts'

export interface SandboxContractOptions {
  /** False where programs run on a kernel of their own, so that the machine sees only what holds them. */
  programsAreProcesses?: boolean
}

/** What every way to hold an instance promises. The programs inside are /bin/sh and perl. */
export function sandboxContract(
  name: string,
  openDriver: () => Promise<SandboxDriver>,
  { programsAreProcesses = true }: SandboxContractOptions = {},
): void {
  describe(`a sandbox of the ${name} driver`, { timeout: 240_000 }, () => {
    let driver: SandboxDriver
    let code: string
    before(async () => {
      driver = await openDriver()
      code = await codeFolder({ 'hello.txt': 'hello from the code' })
    })
    after(async () => {
      await driver.close()
      await rm(code, { recursive: true })
    })

    const start = (...argv: string[]): Promise<Sandbox> => driver.create(sandboxSpec(argv))
    const shell = (script: string): Promise<Sandbox> => start('/bin/sh', '-c', script)
    /** Processes of the machine that are `sleep mark`, or that hold the instances which run it. */
    const alive = (mark: string, ...held: Sandbox[]): Promise<number> =>
      programsAreProcesses ? running(mark) : holding(held.map(({ instanceId }) => instanceId))

    test('carries ten million bytes both ways over file descriptor 3', async () => {
      const sandbox = await shell('exec cat <&3 >&3')
      const sent = randomBytes(10_000_000)
      const hash = createHash('sha256')
      let received = 0
      const echoed = (async () => {
        for await (const chunk of sandbox.channel) {
          hash.update(chunk as Buffer)
          received += (chunk as Buffer).length
          if (received >= sent.length) return
        }
      })()
      sandbox.channel.write(sent)
      await echoed
      assert.equal(received, sent.length)
      assert.equal(hash.digest('hex'), createHash('sha256').update(sent).digest('hex'))
      await sandbox.kill()
    })

    test('ends the channel when the program is gone', async () => {
      const sandbox = await shell('exec cat <&3 >&3')
      sandbox.channel.resume()
      const ended = new Promise((resolve) => sandbox.channel.once('close', resolve))
      await sandbox.kill()
      await ended
    })

    test('hands over what is written to standard output and standard error', async () => {
      const sandbox = await shell('echo to output; echo to error >&2; sleep 1000')
      assert.equal(await readLine(sandbox.stdout), 'to output')
      assert.equal(await readLine(sandbox.stderr), 'to error')
      await sandbox.kill()
    })

    test('has exactly the environment that was given, apart from what the driver adds by itself', async () => {
      const sandbox = await driver.create({
        ...sandboxSpec(['/bin/sh', '-c', 'echo "$GREETING/$HOME_OF_HOST"; sleep 1000']),
        env: { PATH: '/usr/bin:/bin', GREETING: 'a b=c' },
      })
      assert.equal(await readLine(sandbox.stdout), 'a b=c/')
      await sandbox.kill()
    })

    test('sees files that are mounted', async () => {
      const tool = await codeFolder({ 'run.sh': 'echo mounted; sleep 1000' })
      const sandbox = await driver.create({
        ...sandboxSpec(['/bin/sh', '/hanshu-test/tool/run.sh']),
        mounts: [{ source: tool, target: '/hanshu-test/tool' }],
      })
      assert.equal(await readLine(sandbox.stdout), 'mounted')
      await sandbox.kill()
      await rm(tool, { recursive: true })
    })

    test('shows the code, the layers and a writable folder to a program that already runs', async () => {
      const layers = await codeFolder({ 'layer.txt': 'hello from a layer' })
      const sandbox = await shell(
        'read code <&3; read opt <&3; read tmp <&3; cat "$code/hello.txt" "$opt/layer.txt"; ' +
          'echo written > "$tmp/f" && cat "$tmp/f"; sleep 1000',
      )
      const paths = await sandbox.bind({ ...binding(code), optSource: layers })
      sandbox.channel.write(`${paths.codeDir}\n${paths.optDir}\n${paths.tmpDir}\n`)
      assert.equal(await readText(sandbox.stdout, 45), 'hello from the codehello from a layerwritten\n')
      await sandbox.kill()
      await rm(layers, { recursive: true })
    })

    test('has empty folders for layers and for what was prepared when there is nothing', async () => {
      const sandbox = await shell(
        `${LIST} read opt <&3; read prepared <&3; echo "[$(list "$opt")][$(list "$prepared")]"; sleep 1000`,
      )
      const paths = await sandbox.bind(binding(code))
      sandbox.channel.write(`${paths.optDir}\n${paths.preparedDir}\n`)
      assert.equal(await readLine(sandbox.stdout), '[][]')
      await sandbox.kill()
    })

    test('shows what was prepared, and not among the files of the code', async () => {
      const prepared = await codeFolder({ 'prepared.txt': 'made ahead' })
      const sandbox = await shell(
        `${LIST} read code <&3; read prepared <&3; cat "$prepared/prepared.txt"; echo "[$(list "$code")]"; sleep 1000`,
      )
      const paths = await sandbox.bind({ ...binding(code), preparedSource: prepared })
      sandbox.channel.write(`${paths.codeDir}\n${paths.preparedDir}\n`)
      assert.equal(await readLine(sandbox.stdout), 'made ahead[hello.txt]')
      await sandbox.kill()
      await rm(prepared, { recursive: true })
    })

    test('is bound once only', async () => {
      const sandbox = await shell('sleep 1000')
      await sandbox.bind(binding(code))
      await assert.rejects(sandbox.bind(binding(code)), /bound/)
      await sandbox.kill()
    })

    test('cannot be bound after its end', async () => {
      const sandbox = await shell('exit 0')
      await sandbox.exited
      await assert.rejects(sandbox.bind(binding(code)))
    })

    test('tells the exit code', async () => {
      const sandbox = await shell('exit 7')
      assert.deepEqual(await sandbox.exited, { code: 7, signal: null, oomKilled: false })
      await sandbox.kill()
    })

    test('tells the signal when it was killed', async () => {
      const sandbox = await shell('sleep 1000')
      await sandbox.kill()
      assert.deepEqual(await sandbox.exited, { code: null, signal: 'SIGKILL', oomKilled: false })
    })

    test('ends with an error when there is no such program', async () => {
      const sandbox = await start('/hanshu-test/no-such-program')
      const { code: exitCode } = await sandbox.exited
      assert.notEqual(exitCode, 0)
      await sandbox.kill()
    })

    test('is killed with all its children, also those that left the session', async () => {
      const mark = uniqueSeconds()
      const sandbox = await shell(`setsid sleep ${mark} & (sleep ${mark} &) ; sleep ${mark} & echo up; wait`)
      assert.equal(await readLine(sandbox.stdout), 'up')
      await until(async () => (await alive(mark, sandbox)) >= 3)
      await sandbox.kill()
      assert.equal(await alive(mark, sandbox), 0)
    })

    test('leaves no child behind when the program ends by itself', async () => {
      const mark = uniqueSeconds()
      const sandbox = await shell(`setsid sleep ${mark} & echo up; read x <&3; exit 3`)
      assert.equal(await readLine(sandbox.stdout), 'up')
      await until(async () => (await alive(mark, sandbox)) >= 1)
      sandbox.channel.write('\n')
      assert.equal((await sandbox.exited).code, 3)
      assert.equal(await alive(mark, sandbox), 0)
    })

    test('is killed while it is frozen, and may be killed twice', async () => {
      const sandbox = await shell('sleep 1000')
      await sandbox.freeze()
      await Promise.all([sandbox.kill(), sandbox.kill()])
      await sandbox.kill()
      assert.equal((await sandbox.exited).signal, 'SIGKILL')
    })

    test('stands still while frozen and goes on when thawed', async () => {
      const busy = 'echo up; while :; do :; done'
      const [frozen, other] = [await shell(busy), await shell(busy)]
      await Promise.all([readLine(frozen.stdout), readLine(other.stdout)])
      await until(async () => (await frozen.usage()).cpuMs >= 50)
      await frozen.freeze()
      await frozen.freeze()
      const before = (await frozen.usage()).cpuMs
      const othersBefore = (await other.usage()).cpuMs
      // Meanwhile another one makes progress: time for the frozen one to betray itself.
      await until(async () => (await other.usage()).cpuMs >= othersBefore + 100)
      const whileFrozen = (await frozen.usage()).cpuMs
      assert.ok(whileFrozen - before < 10, `worked ${whileFrozen - before} ms while frozen`)
      await frozen.thaw()
      await frozen.thaw()
      await until(async () => (await frozen.usage()).cpuMs >= whileFrozen + 50)
      await Promise.all([frozen.kill(), other.kill()])
    })

    test('runs on when it is thawed while it is being frozen', async () => {
      const sandbox = await shell('while read x; do echo "$x"; done <&3')
      for (let round = 0; round < 20; round++) {
        const freezing = sandbox.freeze()
        await sandbox.thaw()
        await freezing
        sandbox.channel.write(`${round}\n`)
        assert.equal(await readLine(sandbox.stdout), String(round))
      }
      await sandbox.kill()
    })

    test('tells how much memory and processor time it used', async () => {
      const sandbox = await start(
        '/usr/bin/perl',
        '-e',
        '$| = 1; $x = "a" x 30_000_000; print "up\\n"; 1 while 1',
      )
      assert.equal(await readLine(sandbox.stdout), 'up')
      await until(async () => (await sandbox.usage()).cpuMs > 20)
      const usage = await sandbox.usage()
      assert.ok(usage.memoryBytes > 30_000_000, `${usage.memoryBytes} bytes`)
      assert.ok(usage.memoryPeakBytes >= usage.memoryBytes)
      await sandbox.kill()
    })

    test('can be reached on a TCP port that the program listens on', async () => {
      const port = await freePort()
      const sandbox = await start('/usr/bin/perl', '-e', TCP_GREETER, String(port))
      assert.equal(await readLine(sandbox.stdout), 'listening')
      assert.equal(await fetchText(sandbox.address(port)), 'greetings')
      await sandbox.kill()
    })

    const run = async (sandbox: Sandbox, script: string, more: { tty?: boolean; env?: object } = {}) => {
      const paths = await sandbox.bind(binding(code))
      return sandbox.exec!({
        argv: ['/bin/sh', '-c', script],
        env: { PATH: '/usr/bin:/bin', ...more.env },
        cwd: paths.codeDir,
        tty: more.tty ?? false,
      })
    }

    test('runs another program beside its own, in the same place and with the same power', async (t) => {
      const powers = 'id -u; grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status | tr -d "\\n\\t"; echo'
      const sandbox = await shell(`${powers}; sleep 1000`)
      if (!sandbox.exec) return t.skip('this driver cannot')
      const own = [await readLine(sandbox.stdout), await readLine(sandbox.stdout)].join('\n')
      const script = `${powers}; cat hello.txt; read x; echo " $x/$WORD"; echo " $x/$WORD" >&2; exit 7`
      const session = await run(sandbox, script, { env: { WORD: "a 'b" } })
      const output = readAll(session.stdout)
      const errors = readAll(session.stderr)
      session.stdin.end('in\n')
      assert.equal(await output, `${own}\nhello from the code in/a 'b\n`)
      assert.equal(await errors, " in/a 'b\n")
      assert.deepEqual(await session.exited, { code: 7, signal: null })
      await sandbox.kill()
      await assert.rejects(sandbox.exec({ argv: ['true'], env: {}, cwd: '/', tty: false }), /ended/)
    })

    test('runs another program at a terminal', async (t) => {
      const sandbox = await shell('sleep 1000')
      if (!sandbox.exec) return t.skip('this driver cannot')
      const session = await run(
        sandbox,
        'test -t 0 && test -t 1 && stty size && read x && echo "<$x>"; exit 3',
        { tty: true },
      )
      if (!session.tty) return t.skip('there is no program that makes terminals')
      session.stdin.write('word\n')
      const said = await readAll(session.stdout)
      assert.ok(said.includes('24 80\r\n') && said.includes('<word>\r\n'), JSON.stringify(said))
      assert.equal((await session.exited).code, 3)
      await sandbox.kill()
    })

    test('ends another program with all that it started, when told to and with itself', async (t) => {
      const mark = uniqueSeconds()
      for (const tty of [false, true]) {
        const sandbox = await shell('sleep 1000')
        if (!sandbox.exec) return t.skip('this driver cannot')
        const script = `setsid sleep ${mark} & sleep ${mark} & echo up; wait`
        const first = await run(sandbox, script, { tty })
        const again = { argv: ['/bin/sh', '-c', script], env: { PATH: '/usr/bin:/bin' }, cwd: '/', tty }
        const second = await sandbox.exec(again)
        await Promise.all([readLine(first.stdout), readLine(second.stdout)])
        await until(async () => (await running(mark)) === 4)
        await Promise.all([first.kill(), first.kill()])
        assert.equal(await running(mark), 2)
        await sandbox.kill()
        second.stdout.resume()
        second.stderr.resume()
        await second.exited
        assert.equal(await running(mark), 0)
      }
    })

    test('tells that there is no such other program', async (t) => {
      const sandbox = await shell('sleep 1000')
      if (!sandbox.exec) return t.skip('this driver cannot')
      const session = await sandbox.exec({ argv: ['/no/such'], env: {}, cwd: '/', tty: false })
      session.stdout.resume()
      session.stderr.resume()
      assert.equal((await session.exited).code, 127)
      await sandbox.kill()
    })

    test('is refused when one with the same id is alive, and possible again afterwards', async () => {
      const spec = sandboxSpec(['/bin/sh', '-c', 'sleep 1000'])
      const sandbox = await driver.create(spec)
      await assert.rejects(driver.create(spec), /exists/)
      await sandbox.kill()
      await (await driver.create(spec)).kill()
    })

    test('cannot have an id that leads out of its folder', async () => {
      await assert.rejects(driver.create({ ...sandboxSpec(['/bin/sh']), instanceId: '../x' }))
    })

    test('does not survive its driver', async () => {
      const mark = uniqueSeconds()
      const sandboxes = await Promise.all([1, 2, 3].map(() => shell(`sleep ${mark} & wait`)))
      await until(async () => (await alive(mark, ...sandboxes)) >= 3)
      await sandboxes[0]!.freeze()
      await driver.close()
      for (const sandbox of sandboxes) assert.equal((await sandbox.exited).signal, 'SIGKILL')
      assert.equal(await alive(mark, ...sandboxes), 0)
      await assert.rejects(shell('true'), /closed/)
    })
  })
}

/** Names of what is in a folder. Not ls, which asks the kernel for more than gVisor of 2022 knows. */
const LIST = 'list() { for f in "$1"/* "$1"/.[!.]*; do if [ -e "$f" ]; then basename "$f"; fi; done; };'

const TCP_GREETER = `use IO::Socket::INET; $| = 1;
my $server = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => $ARGV[0], Listen => 5, ReuseAddr => 1) or die "$!";
print "listening\\n"; while (my $client = $server->accept) { print $client "greetings"; close $client }`

export function sandboxSpec(argv: readonly string[]): SandboxSpec {
  return { instanceId: `c-${randomUUID()}`, argv, env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' }, mounts: [] }
}

export function binding(codeSource: string): SandboxBinding {
  return { codeSource, memoryMb: 256, cpu: 1, diskMb: 512, pidsMax: 100, internetAccess: true }
}

/** A folder with files that every user may read, as those of deployed code are. */
export async function codeFolder(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(`${tmpdir()}/hanshu-sandbox-code-`)
  await chmod(folder, 0o755)
  for (const [name, text] of Object.entries(files))
    await writeFile(`${folder}/${name}`, text, { mode: 0o644 })
  return folder
}

/** Waits for something of another process, which has no event to wait for; fails after a generous time. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, 'it did not come about in a minute')
    await sleep(5)
  }
}

/** Reads until `length` characters are there; the rest stays unread. */
export async function readText(stream: Readable, length: number): Promise<string> {
  let text = ''
  return new Promise((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      text += chunk.toString()
      if (text.length < length) return
      stream.off('data', listen).off('end', tooEarly)
      stream.pause()
      resolve(text)
    }
    const tooEarly = (): void => reject(new Error(`ended after ${JSON.stringify(text)}`))
    stream.on('data', listen).once('end', tooEarly)
    stream.resume() // a stream that was paused stays so when somebody listens
  })
}

export async function readLine(stream: Readable): Promise<string> {
  let text = ''
  while (!text.includes('\n')) text += await readText(stream, 1)
  const end = text.indexOf('\n')
  // What came with it is for the next one who reads.
  if (end + 1 < text.length) stream.unshift(Buffer.from(text.slice(end + 1)))
  return text.slice(0, end)
}

/** All that is written until the end. */
export async function readAll(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += (chunk as Buffer).toString()
  return text
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

export function fetchText(address: { host: string; port: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    connect(address)
      .on('data', (chunk) => {
        text += chunk.toString()
      })
      .once('end', () => resolve(text))
      .once('error', reject)
  })
}

/** An argument of sleep(1) that no other process on the machine has. */
export const uniqueSeconds = (): string => `1000.${randomBytes(6).readUIntBE(0, 6)}`

/** How many processes of the machine sleep with that argument. */
export async function running(mark: string): Promise<number> {
  return (await commands()).filter((command) => command === `sleep ${mark}`).length
}

/** How many processes of the machine have one of these ids of instances among their arguments. */
export async function holding(instanceIds: readonly string[]): Promise<number> {
  return (await commands()).filter((command) => instanceIds.some((id) => command.includes(id))).length
}

async function commands(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'args='], { maxBuffer: 16_000_000 })
  return stdout.split('\n').map((line) => line.trim())
}
