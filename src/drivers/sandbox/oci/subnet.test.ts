import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { BlockList } from 'node:net'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import fc from 'fast-check'
import { reachableNameServers } from './name-servers.ts'
import { networkNames } from './network.ts'
import { ADDRESSES, chooseSubnet, routesOf, subnetOf } from './subnet.ts'

test('addresses of instances are all different, and neither network, gateway nor broadcast', () => {
  const subnet = subnetOf(7)
  const all = new Set(Array.from({ length: ADDRESSES }, (_, number) => subnet.address(number)))
  assert.equal(all.size, ADDRESSES)
  for (const special of ['10.7.0.0', subnet.gateway, '10.7.255.255']) assert.ok(!all.has(special))
  assert.equal(subnet.address(0), '10.7.0.2')
  assert.equal(subnet.address(ADDRESSES - 1), '10.7.255.254')
})

test('the range that is chosen touches no route and no name server', () => {
  const route = fc.tuple(fc.nat(255), fc.nat(255), fc.integer({ min: 9, max: 32 }))
  fc.assert(
    fc.property(
      fc.string(),
      fc.array(route, { maxLength: 40 }),
      fc.array(fc.nat(255), { maxLength: 3 }),
      (owner, routes, servers) => {
        const used = {
          routes: routes.map(([second, third, length]) => `10.${second}.${third}.0/${length}`),
          nameServers: servers.map((second) => `10.${second}.9.9`),
        }
        // A range that no route reaches into is left.
        const touched = (second: number) =>
          servers.includes(second) ||
          routes.some(([from, , length]) => {
            const size = length >= 16 ? 1 : 2 ** (16 - length)
            return Math.floor(from / size) === Math.floor(second / size)
          })
        fc.pre(Array.from({ length: 256 }, (_, second) => second).some((second) => !touched(second)))
        const subnet = chooseSubnet(owner, used)
        const own = new BlockList()
        own.addSubnet(subnet.cidr.split('/')[0]!, 16)
        for (const server of used.nameServers) assert.ok(!own.check(server))
        for (const cidr of used.routes) {
          const [address, length] = cidr.split('/')
          const taken = new BlockList()
          taken.addSubnet(address!, Number(length))
          assert.ok(!own.check(address!) && !taken.check(subnet.gateway), `${subnet.cidr} touches ${cidr}`)
        }
      },
    ),
  )
})

test('a machine that uses all of 10.0.0.0/8 is told so', () => {
  assert.throws(() => chooseSubnet('x', { routes: ['10.0.0.0/8'], nameServers: [] }), /in use/)
})

test('the routing table of the kernel is read', () => {
  const table = [
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  ].join('\n')
  assert.deepEqual(routesOf(table), { destinations: ['192.0.2.0/24'], defaultDevices: ['eth0'] })
})

test('names of one owner are stable, fit the kernel, and differ from those of another', () => {
  const names = networkNames('platform-1')
  assert.deepEqual(names, networkNames('platform-1'))
  assert.notEqual(names.bridge, networkNames('platform-2').bridge)
  assert.ok(`${names.prefix}65532`.length <= 15)
})

test('a name server on loopback cannot be reached by instances, so the real ones are looked for', async () => {
  const folder = await mkdtemp(`${tmpdir()}/hanshu-resolv-`)
  const [stub, real] = [`${folder}/stub`, `${folder}/real`]
  await writeFile(stub, 'nameserver 127.0.0.53\nnameserver ::1\n')
  await writeFile(real, 'search lan\nnameserver 192.0.2.53\n')
  assert.deepEqual(await reachableNameServers([stub, real]), ['192.0.2.53'])
  assert.deepEqual(await reachableNameServers([stub, `${folder}/none`]), [])
  await rm(folder, { recursive: true })
})
