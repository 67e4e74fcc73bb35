import { notPublicIpv4 } from '../../../lib/public-address.ts'
import { lineProcess } from '../line-process.ts'
import { runProgram } from '../run-program.ts'
import type { Subnet } from './subnet.ts'

/** The nftables table of one owner. Everything is refused unless a rule or a set says otherwise. */
export interface Firewall {
  /** TCP ports of the gateway address that instances may reach. */
  allowPorts(ports: readonly number[]): Promise<void>
  setOnline(address: string, online: boolean): Promise<void>
  /** Lets instances ask for names: at the gateway, or where the machine does; the latter only when they are online. */
  allowNames(where: 'gateway' | { nameServers: readonly string[] }): Promise<void>
  /** Takes the table away. */
  close(): Promise<void>
}

export interface FirewallSettings {
  table: string
  bridge: string
  subnet: Subnet
}

export function firewallRules({ table, bridge, subnet }: FirewallSettings): string {
  return `
add table inet ${table}
delete table inet ${table}
table inet ${table} {
  set ports { type inet_service; }
  set names { type inet_service; }
  set nameServers { type ipv4_addr; }
  set online { type ipv4_addr; }
  set notPublic { type ipv4_addr; flags interval; elements = { ${notPublicIpv4.join(', ')} } }

  chain marker { }

  # What is refused is told so: a program that fails at once is easier to understand than one that hangs. A connection is
  # reset: the network stack of gVisor of 2022 does not understand the other.
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject with icmpx admin-prohibited
  }

  # Instance to the machine itself. The gateway is for instances, and for the machine; the kernel would give it to anybody
  # who sends packets for it our way.
  chain input {
    type filter hook input priority filter - 5; policy accept;
    iifname != { "${bridge}", "lo" } ip daddr ${subnet.gateway} jump refuse
    iifname != "${bridge}" accept
    ct state established,related accept
    ip saddr ${subnet.cidr} ip daddr ${subnet.gateway} tcp dport @ports accept
    ip saddr ${subnet.cidr} ip daddr ${subnet.gateway} meta l4proto { tcp, udp } th dport @names accept
    jump refuse
  }

  # Instance to somewhere else, and somewhere else to an instance.
  chain forward {
    type filter hook forward priority filter - 5; policy accept;
    iifname "${bridge}" goto leaving
    oifname "${bridge}" ct state established,related accept
    oifname "${bridge}" drop
  }

  chain leaving {
    oifname "${bridge}" jump refuse
    ip saddr != @online jump refuse
    ip daddr @nameServers meta l4proto { tcp, udp } th dport 53 accept
    ip daddr @notPublic jump refuse
    meta nfproto ipv6 jump refuse
    accept
  }

  chain translate {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${subnet.cidr} oifname != "${bridge}" masquerade
  }
}
`
}

export async function openFirewall(nft: string, settings: FirewallSettings): Promise<Firewall> {
  const { table } = settings
  await runProgram(nft, ['-f', '-'], firewallRules(settings))
  // Listing the empty chain is the end of every answer: a line that is only a brace. What comes before it went wrong.
  const shell = lineProcess({ command: nft, args: ['-i'], endsAnswer: (line) => line === '}' })

  async function change(commands: string): Promise<void> {
    const answer = await shell.ask(`${commands}\nlist chain inet ${table} marker`)
    const wrong = answer.filter(
      (line) => !/^(nft> )*(table inet \S+ \{|\tchain marker \{|\t\}|\}|)$/.test(line),
    )
    if (wrong.length > 0) throw new Error(`nft: ${wrong.join(' | ')}`)
  }

  return {
    allowPorts(ports) {
      const unique = [...new Set(ports)]
      const elements = unique.length === 0 ? '' : `; add element inet ${table} ports { ${unique.join(', ')} }`
      return change(`flush set inet ${table} ports${elements}`)
    },
    setOnline: (address, online) =>
      change(`${online ? 'add' : 'delete'} element inet ${table} online { ${address} }`),
    async allowNames(where) {
      if (where === 'gateway') await change(`add element inet ${table} names { 53 }`)
      else if (where.nameServers.length > 0)
        await change(`add element inet ${table} nameServers { ${where.nameServers.join(', ')} }`)
    },
    async close() {
      await shell.close()
      await runProgram(nft, ['delete', 'table', 'inet', table])
    },
  }
}
