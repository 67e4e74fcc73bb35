import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { fetchText, freePort, readLine, sandboxSpec } from '../../../../ports/sandbox.contract.ts'
import { runProgram } from '../../run-program.ts'
import type { OciSandboxDriver } from '../oci-sandbox-driver.ts'
import { newPlace, ownKernel, perl, runBound } from './harness.ts'

/** An address of the internet, and addresses that instances must not reach although the machine does. */
const PUBLIC = '198.51.100.2'
const FORBIDDEN = ['169.254.169.254', '100.100.100.200', '172.16.9.9', '192.168.9.9', '10.1.2.3']
const OUTSIDE_PORT = 8080

const SERVER = `use IO::Socket::INET;
my $s = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => $ARGV[0], Listen => 9, ReuseAddr => 1) or die $!;
print "up\\n"; while (my $c = $s->accept) { print $c "served"; close $c }`

/** One word for each address: what a TCP connection to it came to. What is dropped takes the whole time. */
const probe = (targets: readonly string[], timeoutS = 20): string => `perl -MIO::Socket::INET -e '
for (@ARGV) { my $s = IO::Socket::INET->new(PeerAddr => $_, Timeout => ${timeoutS});
  my $line = $s ? <$s> : ""; print "$_ ", ($line eq "served" ? "served" : "refused"), "\\n" }' ${targets.join(' ')}`

describe('the network of an instance', { timeout: 300_000 }, () => {
  let driver: OciSandboxDriver
  let outside: ChildProcess
  const servers: Server[] = []
  const place = newPlace()

  /** This machine is a network namespace of the test; a second one plays everything beyond it. */
  before(async () => {
    await place
    outside = spawn('unshare', ['--net', ...perl(SERVER, String(OUTSIDE_PORT))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    assert.equal(await readLine(outside.stdout!), 'up')
    const ip = (...args: string[]): Promise<string> => runProgram('ip', args)
    const ipOutside = (...args: string[]): Promise<string> =>
      runProgram('nsenter', ['-t', String(outside.pid), '--net', 'ip', ...args])
    await ip('link', 'add', 'uplink', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(outside.pid))
    await ip('address', 'add', '198.51.100.1/24', 'dev', 'uplink')
    await ip('link', 'set', 'dev', 'uplink', 'up')
    await ipOutside('address', 'add', `${PUBLIC}/24`, 'dev', 'eth0')
    for (const address of FORBIDDEN) await ipOutside('address', 'add', `${address}/32`, 'dev', 'eth0')
    await ipOutside('link', 'set', 'dev', 'eth0', 'up')
    await ip('route', 'add', 'default', 'via', PUBLIC)
    driver = await (await place).open()
  })
  after(async () => {
    for (const server of servers) server.close()
    await driver.close()
    outside.kill('SIGKILL')
    await once(outside, 'exit')
    await (await place).remove()
  })

  async function serve(host: string): Promise<number> {
    const server = createServer((socket) => socket.on('error', () => {}).end('served')).listen(0, host)
    servers.push(server)
    await once(server, 'listening')
    return (server.address() as { port: number }).port
  }

  test('reaches the internet only when its function may, and never what is not public', async () => {
    // All of them are really served: the machine itself reaches them.
    for (const host of [PUBLIC, ...FORBIDDEN])
      assert.equal(await fetchText({ host, port: OUTSIDE_PORT }), 'served')
    const targets = [PUBLIC, ...FORBIDDEN].map((host) => `${host}:${OUTSIDE_PORT}`)
    const refused = targets.map((target) => `${target} refused\n`)
    const online = await runBound(driver, probe(targets), { internetAccess: true })
    assert.equal(online.output, [`${targets[0]} served\n`, ...refused.slice(1)].join(''))
    const offline = await runBound(driver, probe(targets), { internetAccess: false })
    assert.equal(offline.output, refused.join(''))
  })

  test('reaches the endpoints of the platform at its gateway, and no other port of the machine', async () => {
    const gateway = driver.gatewayAddress!
    const [endpoint, other, loopback, everywhere] = await Promise.all(
      [gateway, gateway, '127.0.0.1', '0.0.0.0'].map(serve),
    )
    await driver.allowPorts([endpoint!])
    const targets = [
      `${gateway}:${endpoint}`,
      `${gateway}:${other}`,
      `127.0.0.1:${loopback}`,
      `${gateway}:${loopback}`,
      `${gateway}:${everywhere}`,
      `198.51.100.1:${everywhere}`,
    ]
    const expected = targets.map((target, at) => `${target} ${at === 0 ? 'served' : 'refused'}\n`).join('')
    for (const internetAccess of [true, false]) {
      assert.equal((await runBound(driver, probe(targets), { internetAccess })).output, expected)
    }
    await driver.allowPorts([])
    assert.equal((await runBound(driver, probe(targets.slice(0, 1)))).output, `${targets[0]} refused\n`)
  })

  test('does not reach another instance, which the platform reaches', async () => {
    const port = await freePort()
    const other = await driver.create(sandboxSpec(perl(SERVER, String(port))))
    assert.equal(await readLine(other.stdout), 'up')
    const address = other.address(port)
    assert.equal(await fetchText(address), 'served')
    const target = `${address.host}:${port}`
    assert.equal((await runBound(driver, probe([target]))).output, `${target} refused\n`)
    await other.kill()
  })

  test('is not reached from outside', async () => {
    const port = await freePort()
    const instance = await driver.create(sandboxSpec(perl(SERVER, String(port))))
    assert.equal(await readLine(instance.stdout), 'up')
    const { host } = instance.address(port)
    const inOutside = ['-t', String(outside.pid), '--net']
    await runProgram('nsenter', [...inOutside, 'ip', 'route', 'replace', `${host}/32`, 'via', '198.51.100.1'])
    const from = await runProgram('nsenter', [...inOutside, '/bin/sh', '-c', probe([`${host}:${port}`], 2)])
    assert.equal(from, `${host}:${port} refused\n`)
    await instance.kill()
  })

  test('has no IPv6 and may open low ports', async () => {
    // gVisor's stack has addresses of its own making, on loopback and of the link, which the firewall lets nowhere.
    const listed = ownKernel ? 'grep -vE "^(0{31}1|fe80)" /proc/net/if_inet6' : 'cat /proc/net/if_inet6'
    const script = `${listed}; perl -MIO::Socket::INET -e '
      print IO::Socket::INET->new(LocalPort => 80, Listen => 1) ? "open" : "no: $!"'`
    assert.equal((await runBound(driver, script)).output, 'open')
  })
})
