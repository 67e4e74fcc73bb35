import type { RecordStore } from '../../ports/records.ts'
import { CUSTOM_DOMAINS_MAX, type CustomDomainRecord } from './custom-domains.ts'
import { customDomainsPrefix } from './keys.ts'

/**
 * Host → custom domain, from memory: every request that is not for a function's own name is looked up here. All domains
 * of an account are read at once; they are few, and a Host that is none of them must not cost a read.
 */
export class CustomDomainDirectory {
  readonly #records: RecordStore
  readonly #known = new Map<string, ReadonlyMap<string, CustomDomainRecord>>()
  readonly #reads = new Map<string, Promise<ReadonlyMap<string, CustomDomainRecord>>>()

  constructor(records: RecordStore) {
    this.#records = records
  }

  /** The domain of exactly this host, else the wildcard domain above it. `host` without a port, in lower case. */
  find(
    accountId: string,
    host: string,
  ): CustomDomainRecord | undefined | Promise<CustomDomainRecord | undefined> {
    const known = this.#known.get(accountId)
    return known ? among(known, host) : this.#read(accountId).then((domains) => among(domains, host))
  }

  /** To be called after every write to a custom domain. */
  forget(accountId: string): void {
    this.#known.delete(accountId)
    // A read under way may have seen the state before: it is answered to those who wait for it, but not remembered.
    this.#reads.delete(accountId)
  }

  #read(accountId: string): Promise<ReadonlyMap<string, CustomDomainRecord>> {
    const underWay = this.#reads.get(accountId)
    if (underWay) return underWay
    const read = this.#records
      .list<CustomDomainRecord>({ prefix: customDomainsPrefix(accountId), limit: CUSTOM_DOMAINS_MAX })
      .then((stored) => {
        const domains = new Map(stored.map(({ value }) => [value.domainName.toLowerCase(), value]))
        if (this.#reads.get(accountId) === read) this.#known.set(accountId, domains)
        return domains
      })
      .finally(() => {
        if (this.#reads.get(accountId) === read) this.#reads.delete(accountId)
      })
    this.#reads.set(accountId, read)
    return read
  }
}

function among(
  domains: ReadonlyMap<string, CustomDomainRecord>,
  host: string,
): CustomDomainRecord | undefined {
  const exact = domains.get(host)
  if (exact || domains.size === 0) return exact
  const dot = host.indexOf('.')
  return dot < 0 ? undefined : domains.get(`*${host.slice(dot)}`)
}
