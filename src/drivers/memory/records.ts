import { checkKey, checkLimit, compareKeys } from '../../ports/keys.ts'
import {
  type Expectation,
  jsonOf,
  type RecordStore,
  VersionConflict,
  writtenKey,
} from '../../ports/records.ts'

/** Records that live as long as the process: for tests and `up --ephemeral`. Values are kept as JSON, so nobody shares them. */
export function memoryRecordStore(): RecordStore {
  const records = new Map<string, { json: string; version: number }>()
  /** The keys of `records`, in byte order. */
  const keys: string[] = []
  let version = 0
  let isOpen = true

  /** Where `key` is among the sorted keys, or would be. */
  function position(key: string): number {
    let low = 0
    let high = keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareKeys(keys[middle]!, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  function isAsExpected(key: string, expect: Expectation): boolean {
    const found = records.get(key)
    if (expect === 'absent') return found === undefined
    return expect === 'present' ? found !== undefined : found?.version === expect
  }

  function put(key: string, json: string): void {
    if (!records.has(key)) keys.splice(position(key), 0, key)
    records.set(key, { json, version: ++version })
  }

  function checkOpen(): void {
    if (!isOpen) throw new Error('the record store is closed')
  }

  return {
    async get<T>(key: string) {
      checkOpen()
      checkKey(key)
      const found = records.get(key)
      return found && { key, value: JSON.parse(found.json) as T, version: found.version }
    },

    async list<T>({ prefix, after, limit }: { prefix: string; after?: string; limit: number }) {
      checkOpen()
      checkLimit(limit)
      const found = []
      const startsAfter = after !== undefined && compareKeys(after, prefix) >= 0
      let at = position(startsAfter ? after : prefix)
      if (startsAfter && keys[at] === after) at++
      for (; found.length < limit && keys[at]?.startsWith(prefix); at++) {
        const { json, version } = records.get(keys[at]!)!
        found.push({ key: keys[at]!, value: JSON.parse(json) as T, version })
      }
      return found
    },

    async commit(writes) {
      checkOpen()
      const prepared = writes.map((write) => ({ write, json: 'put' in write ? jsonOf(write.value) : '' }))
      for (const write of writes) {
        const key = writtenKey(write)
        checkKey(key)
        if (write.expect !== undefined && !isAsExpected(key, write.expect)) throw new VersionConflict(key)
      }
      for (const { write, json } of prepared) {
        if ('put' in write) put(write.put, json)
        else if ('remove' in write && records.delete(write.remove)) keys.splice(position(write.remove), 1)
      }
    },

    async close() {
      isOpen = false
    },
  }
}
