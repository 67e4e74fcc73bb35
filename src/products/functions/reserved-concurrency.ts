import type { RecordStore } from '../../ports/records.ts'
import type { ConcurrencyRecord } from './concurrency.ts'
import { concurrencyKey, concurrencyPrefix } from './keys.ts'

const batch = 100

/** What the functions of an account have reserved, in memory; what all have together is taken from what the others share. */
export class ReservedConcurrency {
  readonly #records: RecordStore
  readonly #accountId: string
  readonly #ofFunction = new Map<string, number>()
  #total = 0

  constructor(records: RecordStore, accountId: string) {
    this.#records = records
    this.#accountId = accountId
  }

  get total(): number {
    return this.#total
  }

  /** Of one function, as it was when that was last read. */
  of(functionName: string): number | undefined {
    return this.#ofFunction.get(functionName)
  }

  async load(): Promise<void> {
    let after: string | undefined
    for (;;) {
      const page = await this.#records.list<ConcurrencyRecord>({
        prefix: concurrencyPrefix(this.#accountId),
        after,
        limit: batch,
      })
      for (const { value } of page) this.#set(value.functionName, value.reservedConcurrency)
      if (page.length < batch) return
      after = page.at(-1)!.key
    }
  }

  /** To be called after every write to a function or to what belongs to it. */
  async refresh(functionName: string): Promise<void> {
    const key = concurrencyKey(this.#accountId, functionName)
    const stored = await this.#records.get<ConcurrencyRecord>(key)
    this.#set(functionName, stored?.value.reservedConcurrency)
  }

  #set(functionName: string, reserved: number | undefined): void {
    this.#total += (reserved ?? 0) - (this.#ofFunction.get(functionName) ?? 0)
    if (reserved === undefined) this.#ofFunction.delete(functionName)
    else this.#ofFunction.set(functionName, reserved)
  }
}
