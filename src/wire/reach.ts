/**
 * How far the platform may be sent by who has it call a URL (pushes of topics, upload callbacks). A function that has a role
 * gets no further in this way than out of its sandbox: what the platform reaches beside the internet is for keys.
 */
import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from '../lib/public-address.ts'
import type { Principal } from './signatures/secret-lookup.ts'

export type Reach = 'anywhere' | 'public'

/** `key`: that of the account or of a user. `session`: temporary credentials, as functions have them. */
export type Credential = 'key' | 'session'

export const credentialOf = (principal: Principal | undefined): Credential =>
  principal?.is === 'account' || principal?.is === 'user' ? 'key' : 'session'

/** Who may have addresses called that are not public. */
export type PrivateTargets = 'keys' | 'everybody' | 'nobody'

export type ReachOf = (credential: Credential) => Reach

export const reachUnder =
  (privateTargets: PrivateTargets): ReachOf =>
  (credential) =>
    privateTargets === 'everybody' || (privateTargets === 'keys' && credential === 'key')
      ? 'anywhere'
      : 'public'

export class NotPublicAddress extends Error {
  constructor(host: string) {
    super(`${host} is not a public address`)
    this.name = 'NotPublicAddress'
  }
}

/** False: it names an address that is out of reach. What a name stands for is seen when it is called. */
export function isWithin(reach: Reach, { hostname }: Pick<URL, 'hostname'>): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  return reach === 'anywhere' || isIP(address) === 0 || isPublicAddress(address)
}

/**
 * Options of an agent or a request. Addresses are looked at where they are looked up, for the connection that is then made
 * to them, so that a name cannot stand for another in between; one that stands for any that is not public is refused.
 * A URL with an address in it is never looked up: `isWithin` has to be asked about it.
 */
export const lookupWithin = (
  reach: Reach,
  resolve: LookupFunction = lookup as LookupFunction,
): { lookup: LookupFunction } => ({ lookup: reach === 'anywhere' ? resolve : publicOnly(resolve) })

const publicOnly =
  (resolve: LookupFunction): LookupFunction =>
  (host, options, callback) =>
    resolve(host, options, (error, found, family) => {
      if (error) return callback(error, found, family)
      const addresses = typeof found === 'string' ? [found] : found.map(({ address }) => address)
      // Not `every`: a list without an address would be one of public addresses.
      const isPublic = addresses.length > 0 && addresses.every((address) => isPublicAddress(address))
      callback(isPublic ? null : new NotPublicAddress(host), found, family)
    })
