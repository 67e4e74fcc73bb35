/** IP control: from which addresses an API may be called, or may not. */
import { BlockList, isIP } from 'node:net'
import type { Caller } from '../authentication.ts'
import { addressForbidden } from '../refusals.ts'

export interface AddressRule {
  type: 'ALLOW' | 'REFUSE'
  items: readonly { blocks: BlockList /** Empty: for every caller. */; appId: string }[]
}

export interface AddressItem {
  addresses: readonly string[]
  appId: string
}

export const addressRule = (type: AddressRule['type'], items: readonly AddressItem[]): AddressRule => ({
  type,
  items: items.map(({ addresses, appId }) => ({ blocks: blocksOf(addresses), appId })),
})

/** An address or a subnet: `10.0.0.0/8`. */
export function isAddress(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}

function blocksOf(addresses: readonly string[]): BlockList {
  const blocks = new BlockList()
  for (const text of addresses) {
    const [address = '', prefix] = text.split('/')
    const kind = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) blocks.addAddress(address, kind)
    else blocks.addSubnet(address, Number(prefix), kind)
  }
  return blocks
}

/** Throws `ApiError`. */
export function checkAddress({ type, items }: AddressRule, clientIp: string, { app }: Caller): void {
  const family = isIP(clientIp) === 6 ? 'ipv6' : 'ipv4'
  const isListed = items.some(
    ({ blocks, appId }) => (appId === '' || appId === String(app?.appId)) && blocks.check(clientIp, family),
  )
  if (isListed !== (type === 'ALLOW')) throw addressForbidden()
}
