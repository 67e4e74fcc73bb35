/**
 * From where queues and topics may be spoken to: the vendor's public endpoint, here the listener, can be closed, and open to
 * some addresses only. Sandboxes that use the vendor's names come by another way, as from within a VPC, and are always let
 * in; so is the control plane, or nobody could open it again.
 */
import { BlockList, isIP } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import type { RecordStore } from '../../ports/records.ts'
import { invalidArgument } from './errors.ts'
import { ACCESS_POINT } from './keys.ts'
import { overtaking } from './overtaking.ts'

const CIDRS_MAX = 100

interface AllowedCidr {
  /** As it was given: `10.0.0.0/8`, `10.1.2.3`. */
  cidr: string
  createdMs: number
}

interface AccessPointRecord {
  enabled: boolean
  allowed: readonly AllowedCidr[]
}

const everybody: AccessPointRecord = {
  enabled: true,
  allowed: [
    { cidr: '0.0.0.0/0', createdMs: 0 },
    { cidr: '::/0', createdMs: 0 },
  ],
}

export class AccessPoint {
  readonly #records: RecordStore
  readonly #clock: Clock
  #state = everybody
  #allowed = blockListOf(everybody.allowed)

  constructor({ records, clock }: { records: RecordStore; clock: Clock }) {
    this.#records = records
    this.#clock = clock
  }

  async load(): Promise<void> {
    const found = await this.#records.get<AccessPointRecord>(ACCESS_POINT)
    if (found) this.#take(found.value)
  }

  get state(): AccessPointRecord {
    return this.#state
  }

  /** Undefined: the connection is gone. */
  admits(address: string | undefined): boolean {
    if (!this.#state.enabled || address === undefined) return false
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').split('%', 1)[0]!
    const version = isIP(plain)
    return version !== 0 && this.#allowed.check(plain, version === 4 ? 'ipv4' : 'ipv6')
  }

  open(enabled: boolean): Promise<void> {
    return this.#change((state) => ({ ...state, enabled }))
  }

  /** Throws InvalidArgument. */
  async allow(cidrs: readonly string[]): Promise<void> {
    cidrs.forEach(checkCidr)
    const createdMs = this.#clock.now()
    await this.#change((state) => {
      const added = [...new Set(cidrs)].filter((cidr) => state.allowed.every((known) => known.cidr !== cidr))
      const allowed = [...state.allowed, ...added.map((cidr) => ({ cidr, createdMs }))]
      if (allowed.length > CIDRS_MAX)
        throw invalidArgument(`At most ${CIDRS_MAX} address ranges are allowed.`)
      return { ...state, allowed }
    })
  }

  /** Those that are not allowed need not be revoked. */
  revoke(cidrs: readonly string[]): Promise<void> {
    return this.#change((state) => ({
      ...state,
      allowed: state.allowed.filter(({ cidr }) => !cidrs.includes(cidr)),
    }))
  }

  async #change(change: (state: AccessPointRecord) => AccessPointRecord): Promise<void> {
    await overtaking(async () => {
      const found = await this.#records.get<AccessPointRecord>(ACCESS_POINT)
      const state = change(found?.value ?? everybody)
      await this.#records.commit([{ put: ACCESS_POINT, value: state, expect: found?.version ?? 'absent' }])
      this.#take(state)
    })
  }

  #take(state: AccessPointRecord): void {
    this.#state = state
    this.#allowed = blockListOf(state.allowed)
  }
}

function blockListOf(allowed: readonly AllowedCidr[]): BlockList {
  const list = new BlockList()
  for (const { cidr } of allowed) {
    const { address, prefix, family } = partsOf(cidr)!
    list.addSubnet(address, prefix, family)
  }
  return list
}

function checkCidr(cidr: string): void {
  if (!partsOf(cidr))
    throw invalidArgument(`'${cidr.slice(0, 100)}' is no address and no range of addresses.`)
}

/** Undefined: it is neither an address nor a range. */
function partsOf(cidr: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', length, ...more] = cidr.split('/')
  const version = isIP(address)
  const bits = version === 4 ? 32 : 128
  if (version === 0 || more.length > 0 || address.includes('%')) return undefined
  if (length !== undefined && !(/^\d{1,3}$/.test(length) && Number(length) <= bits)) return undefined
  return { address, prefix: Number(length ?? bits), family: version === 4 ? 'ipv4' : 'ipv6' }
}
