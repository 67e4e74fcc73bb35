import { createHash } from 'node:crypto'

/** A /16 of 10.0.0.0/8 for the instances of one platform: `10.<second>.0.0/16`, the platform itself at `.0.1`. */
export interface Subnet {
  cidr: string
  gateway: string
  /** Address of an instance, by a number from 0 to ADDRESSES - 1. */
  address(number: number): string
}

/** .0.0 is the network, .0.1 the gateway, .255.255 the broadcast address. */
export const ADDRESSES = 65_536 - 3

export function subnetOf(second: number): Subnet {
  return {
    cidr: `10.${second}.0.0/16`,
    gateway: `10.${second}.0.1`,
    address: (number) => `10.${second}.${(number + 2) >> 8}.${(number + 2) & 255}`,
  }
}

/** Six letters that name the owner in names of the kernel, which are short. */
export const ownerTag = (owner: string): string =>
  createHash('sha256').update(owner).digest('hex').slice(0, 6)

/** Of the gateway: one that no manufacturer gives away (locally administered, for one receiver). */
export const linkAddress = (owner: string): string => ['02:68:73', ...ownerTag(owner).match(/../g)!].join(':')

/**
 * Starts at a place that depends on the owner, so that two platforms on one machine do not race for the same, and
 * takes the first range that touches neither a route nor a name server of the machine.
 */
export function chooseSubnet(owner: string, used: { routes: string[]; nameServers: string[] }): Subnet {
  const taken = [...used.routes, ...used.nameServers].map(range)
  const start = Number.parseInt(ownerTag(owner), 16) % 256
  for (let step = 0; step < 256; step++) {
    const subnet = subnetOf((start + step) % 256)
    const own = range(subnet.cidr)
    if (!taken.some((other) => other.first <= own.last && own.first <= other.last)) return subnet
  }
  throw new Error('every range of 10.0.0.0/8 is in use on this machine: instances cannot have a network')
}

/** Destinations of the IPv4 routes that are not the default, from the text of /proc/net/route (little-endian hex). */
export function routesOf(procNetRoute: string): { destinations: string[]; defaultDevices: string[] } {
  const destinations: string[] = []
  const defaultDevices: string[] = []
  for (const line of procNetRoute.trim().split('\n').slice(1)) {
    const [device, destination, , , , , , mask] = line.trim().split(/\s+/)
    if (!device || !destination || !mask) continue
    if (mask === '00000000') defaultDevices.push(device)
    else destinations.push(`${dotted(destination)}/${prefixLength(mask)}`)
  }
  return { destinations, defaultDevices: [...new Set(defaultDevices)] }
}

const dotted = (hex: string): string =>
  [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.')

const prefixLength = (hex: string): number =>
  [...Number.parseInt(hex, 16).toString(2)].filter((bit) => bit === '1').length

function range(cidr: string): { first: number; last: number } {
  const [address, length = '32'] = cidr.split('/')
  const number = address!.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(length))
  const first = number - (number % size)
  return { first, last: first + size - 1 }
}
