import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { fetchText, freePort, readLine, sandboxSpec } from '../../../../ports/sandbox.contract.ts'
import { runProgram } from '../../run-program.ts'
import { networkNames } from '../network.ts'
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

/** One line for each name: the address that it has for a program, or `unknown`. */
const lookUp = (names: readonly string[]): string => `perl -e '
for (@ARGV) { my $a = gethostbyname($_); print "$_ ", (defined $a ? join(".", unpack("C4", $a)) : "unknown"), "\n" }' ${names.join(' ')}`

/** Asks a server for the address of `platform.example`, by datagram and then over a stream, and prints how many answered. */
const askDirectly = (server: string): string => `perl -MIO::Socket::INET -MIO::Select -e '
my $q = pack("H*", "000701000001000000000000" . "08706c6174666f726d076578616d706c6500" . "00010001"); my $n = 0;
my $u = IO::Socket::INET->new(PeerAddr => "${server}:53", Proto => "udp"); send $u, $q, 0;
my $t = IO::Socket::INET->new(PeerAddr => "${server}:53", Timeout => 2);
if ($t) { print $t pack("n", length $q) . $q; $t->flush; my $got = sysread $t, my $in, 512; $n++ if $got }
$n++ if IO::Select->new($u)->can_read(0) && defined recv($u, my $in, 512, 0);
print "$n answers"'`

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

  test('finds names of the platform at the gateway, on the internet or not, where nobody else is answered', async () => {
    const names = driver.names!
    assert.equal(names.address, driver.gatewayAddress)
    names.answer((name) => name === 'platform.example' || name.endsWith('.platform.example'))
    const asked = ['platform.example', 'Any.One.Platform.Example', 'notplatform.example']
    const [first, second, other] = asked
    const expected = `${first} ${names.address}\n${second} ${names.address}\n${other} unknown\n`
    assert.equal((await runBound(driver, lookUp(asked), { internetAccess: false })).output, expected)
    const online = (await runBound(driver, lookUp(asked.slice(0, 2)), { internetAccess: true })).output
    assert.equal(online, expected.split('\n').slice(0, 2).join('\n').concat('\n'))
    assert.equal((await runBound(driver, askDirectly(names.address))).output, '2 answers')

    // A program of the machine, and one beyond it that knows the way.
    assert.equal(await runProgram('/bin/sh', ['-c', askDirectly(names.address)]), '0 answers')
    const inOutside = ['-t', String(outside.pid), '--net']
    const way = ['route', 'replace', `${names.address}/32`, 'via', '198.51.100.1']
    await runProgram('nsenter', [...inOutside, 'ip', ...way])
    const beyond = await runProgram('nsenter', [...inOutside, '/bin/sh', '-c', askDirectly(names.address)])
    assert.equal(beyond, '0 answers')
  })

  test('keeps the address that others remember of the gateway, whatever instances come and go', async () => {
    const { bridge } = networkNames((await place).settings.ownerId)
    const address = async () =>
      /link\/ether (\S+)/.exec(await runProgram('ip', ['link', 'show', 'dev', bridge]))?.[1]
    const before = await address()
    assert.ok(before)
    const instances = await Promise.all(
      Array.from({ length: 4 }, () => driver.create(sandboxSpec(perl('sleep 600')))),
    )
    assert.equal(await address(), before)
    await Promise.all(instances.map((instance) => instance.kill()))
    assert.equal(await address(), before)
  })

  test('is not reached at the gateway from beyond the machine, which reaches it', async () => {
    const gateway = driver.gatewayAddress!
    const port = await serve(gateway)
    await driver.allowPorts([port])
    assert.equal(await fetchText({ host: gateway, port }), 'served')
    const inOutside = ['-t', String(outside.pid), '--net']
    await runProgram('nsenter', [
      ...inOutside,
      'ip',
      'route',
      'replace',
      `${gateway}/32`,
      'via',
      '198.51.100.1',
    ])
    const from = await runProgram('nsenter', [...inOutside, '/bin/sh', '-c', probe([`${gateway}:${port}`])])
    assert.equal(from, `${gateway}:${port} refused\n`)
    await driver.allowPorts([])
  })

  test('trusts an authority that the platform names, in files and by variables', async () => {
    await driver.names!.trust({ commonName: 'Test of Trust', certificate: 'a certificate' })
    const script = `tail -n 1 "$SSL_CERT_FILE" "$REQUESTS_CA_BUNDLE" "$NODE_EXTRA_CA_CERTS" | grep -c 'a certificate'`
    assert.equal((await runBound(driver, script)).output, '3\n')
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
