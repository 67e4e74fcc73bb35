import { readFile, writeFile } from 'node:fs/promises'
import { systemClock } from '../../../lib/clock.ts'
import type { Logger } from '../../../lib/logger.ts'
import { reasonOf } from '../../../lib/reason.ts'
import { lineProcess } from '../line-process.ts'
import { findProgram, runProgram } from '../run-program.ts'
import { openFirewall } from './firewall.ts'
import { allowForwarding } from './forwarding.ts'
import { reachableNameServers } from './name-servers.ts'
import { type NameServer, openNameServer, type Told } from './names/name-server.ts'
import { ADDRESSES, chooseSubnet, linkAddress, ownerTag, routesOf } from './subnet.ts'

/** A network namespace of one instance, with one address on the platform's bridge. */
export interface InstanceNetwork {
  netnsPath: string
  address: string
  /** A fresh one may reach the internet; this takes it away. */
  goOffline(): Promise<void>
  release(): Promise<void>
}

export interface Network {
  /** The platform's own address on the bridge. Instances reach the ports given to `allowPorts` there. */
  readonly gatewayAddress: string
  /** What instances ask for names: the gateway, which asks the machine's servers itself. */
  readonly nameServers: readonly string[]
  take(): Promise<InstanceNetwork>
  /** Undefined when nobody here can answer names: instances ask the machine's servers themselves. */
  readonly nameServer: NameServer | undefined
  allowPorts(ports: readonly number[]): Promise<void>
  close(): Promise<void>
}

/** Names of the kernel that belong to one owner. An interface name has at most 15 letters. */
export function networkNames(owner: string): { bridge: string; prefix: string; table: string } {
  const prefix = `hs${ownerTag(owner)}`
  return { bridge: `${prefix}br`, prefix, table: `hanshu_${ownerTag(owner)}` }
}

/**
 * Namespaces are made ahead of time: from the first that is taken on, `poolSize` of them wait. The caller has mounted a private /run/netns, so that
 * their names are gone with the platform; without a name and without a process the kernel removes the rest.
 */
export async function openNetwork(
  owner: string,
  poolSize: number,
  log: Logger,
): Promise<Network | undefined> {
  const [ip, nft, nsenter] = await Promise.all(['ip', 'nft', 'nsenter'].map(findProgram))
  if (!ip || !nft || !nsenter) return undefined
  const { bridge, prefix, table } = networkNames(owner)
  const machineServers = await reachableNameServers()
  const { destinations, defaultDevices } = routesOf(await readFile('/proc/net/route', 'utf8'))
  const subnet = chooseSubnet(owner, { routes: destinations, nameServers: machineServers })

  // In force before the bridge exists: there is no moment in which an instance is not filtered.
  const firewall = await openFirewall(nft, { table, bridge, subnet })
  const links = lineProcess({
    command: ip,
    args: ['-o', '-force', '-batch', '-'],
    endsAnswer: (line) => line.startsWith('1: lo:'),
  })
  /** The listing of the loopback device marks the end of the answer; anything before it is an error. */
  async function change(...commands: string[]): Promise<void> {
    const answer = await links.ask([...commands, 'link show dev lo'].join('\n'))
    if (answer.length > 1) throw new Error(`ip: ${answer.slice(0, -1).join(' | ')} (${commands.join('; ')})`)
  }

  // By itself a bridge takes the lowest address of its ports, another one with every few instances, and those that remember
  // the last one do not find the gateway for seconds.
  await change(
    `link add ${bridge} address ${linkAddress(owner)} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
  )
  // Without the file the kernel has no IPv6 at all.
  await writeFile(`/proc/sys/net/ipv6/conf/${bridge}/disable_ipv6`, '1').catch(() => {})
  await change(`address add ${subnet.gateway}/16 dev ${bridge}`, `link set dev ${bridge} up`)
  const restoreForwarding = await allowForwarding(bridge, defaultDevices, log)

  const told = new Map<string, Told>()
  const nameServer = await openNameServer({
    address: subnet.gateway,
    port: 53,
    others: machineServers.map((address) => ({ address, port: 53 })),
    toldTo: (address) => told.get(address) ?? 'nothing',
    clock: systemClock,
    log,
  }).catch((error: unknown): undefined => {
    log.warn(
      { address: subnet.gateway, reason: reasonOf(error) },
      "port 53 cannot be listened on: instances ask the machine's name servers, and do not find the platform by the vendor's names",
    )
  })
  await firewall.allowNames(nameServer ? 'gateway' : { nameServers: machineServers })

  const inUse = new Set<number>()
  let last = -1
  function takeNumber(): number {
    for (let tries = 0; tries < ADDRESSES; tries++) {
      last = (last + 1) % ADDRESSES
      if (!inUse.has(last)) {
        inUse.add(last)
        return last
      }
    }
    throw new Error('every address of the instance network is in use')
  }

  async function make(): Promise<InstanceNetwork> {
    const number = takeNumber()
    const name = `${prefix}${number}`
    const address = subnet.address(number)
    let online = false
    const release = async (): Promise<void> => {
      const steps = await Promise.allSettled([
        online ? firewall.setOnline(address, false) : undefined,
        change(`link delete dev ${name}`, `netns delete ${name}`),
      ])
      told.delete(address)
      inUse.delete(number)
      for (const step of steps) if (step.status === 'rejected') throw step.reason
    }
    try {
      await change(
        `netns add ${name}`,
        `link add ${name} type veth peer name eth0 netns ${name}`,
        `link set dev ${name} master ${bridge} addrgenmode none`,
        `link set dev ${name} type bridge_slave isolated on`,
        `link set dev ${name} up`,
      )
      await runProgram(
        nsenter!,
        [`--net=/run/netns/${name}`, ip!, '-batch', '-'],
        `link set dev lo up
link set dev eth0 addrgenmode none
address add ${address}/16 dev eth0
link set dev eth0 up
route add default via ${subnet.gateway}
`,
      )
      await firewall.setOnline(address, true)
      online = true
      told.set(address, 'everything')
    } catch (error) {
      await release().catch((cause) => log.warn({ error: cause }, 'half a network namespace was left behind'))
      throw error
    }
    return {
      netnsPath: `/run/netns/${name}`,
      address,
      async goOffline() {
        if (!online) return
        told.set(address, 'platform')
        await firewall.setOnline(address, false)
        online = false
      },
      release,
    }
  }

  const ready: Promise<InstanceNetwork>[] = []
  let closed = false
  function refill(): void {
    while (!closed && ready.length < poolSize) {
      const made = make()
      made.catch(() => {}) // whoever takes it sees the rejection
      ready.push(made)
    }
  }

  return {
    gatewayAddress: subnet.gateway,
    nameServer,
    nameServers: nameServer ? [subnet.gateway] : machineServers,
    take() {
      const next = ready.shift() ?? make()
      setImmediate(refill)
      return next
    },
    allowPorts: (ports) => firewall.allowPorts(ports),
    async close() {
      closed = true
      for (const made of await Promise.allSettled(ready.splice(0))) {
        if (made.status === 'fulfilled') await made.value.release()
      }
      await nameServer?.close()
      await change(`link delete dev ${bridge}`)
      await links.close()
      await firewall.close()
      await restoreForwarding()
    },
  }
}

/** Removes what an owner that was killed left: the bridge, its ports and the firewall table. */
export async function sweepNetwork(owner: string): Promise<void> {
  const [ip, nft] = await Promise.all(['ip', 'nft'].map(findProgram))
  const { prefix, table } = networkNames(owner)
  await Promise.all([
    ip && removePorts(ip, prefix),
    nft && runProgram(nft, ['-f', '-'], `add table inet ${table}\ndelete table inet ${table}\n`),
  ])
}

async function removePorts(ip: string, prefix: string): Promise<void> {
  const listing = await runProgram(ip, ['-o', 'link', 'show'])
  const names = [...listing.matchAll(/^\d+: ([^:@\s]+)/gm)].map((match) => match[1]!)
  // A port vanishes by itself when its namespace ends, perhaps just now: what counts is that it is gone afterwards.
  for (const name of names.filter((candidate) => candidate.startsWith(prefix))) {
    await runProgram(ip, ['link', 'delete', 'dev', name]).catch((error) => {
      if (!String(error).includes('Cannot find device')) throw error
    })
  }
}
