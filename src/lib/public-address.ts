/** Which addresses are of the public internet, and no machine, network or service of ours. */
import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Everything that is not the public internet (RFC 6890), with the metadata addresses 169.254.169.254 and 100.100.100.200. */
export const notPublicIpv4: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
]

/** All that is public is in it: neither loopback, unique local, link-local nor multicast, nor IPv4 in another shape. */
const globalIpv6 = listOf(['2000::/3'])

/** What of it is not: addresses of protocols, and tunnels, which can lead to any IPv4 (Teredo, 6to4); documentation. */
const notPublic = listOf([...notPublicIpv4, '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'])

/**
 * What is no address is not public, and neither is one that this machine has itself: what listens on it may be meant for
 * this machine only.
 */
export function isPublicAddress(address: string, ownAddresses = addressesOfMachine()): boolean {
  const family = isIP(address)
  if (family === 0) return false
  const kind = family === 6 ? 'ipv6' : 'ipv4'
  if (family === 6 && !globalIpv6.check(address, kind)) return false
  return !notPublic.check(address, kind) && !listOf(ownAddresses).check(address, kind)
}

/** As it is now: interfaces come and go. */
const addressesOfMachine = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap((found = []) => found.map(({ address }) => address))

/** Of addresses, and of subnets where there is a prefix. */
function listOf(texts: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', prefix] = text.split('/')
    const kind = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, kind)
    else list.addSubnet(address, Number(prefix), kind)
  }
  return list
}
