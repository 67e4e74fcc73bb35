/** Writes that do not count yet, seen by who reads through them. */
import type { Expectation } from '../../ports/records.ts'
import type { RowStore, RowWrite, StoredRow } from '../../ports/rows.ts'
import { parameterInvalid, sessionNotExist } from './errors.ts'

export interface Overlay extends Pick<RowStore, 'get' | 'scan' | 'commit'> {
  /** Everything that was written, as one batch; from now on nothing can be. */
  end(): RowWrite[]
}

/** A row that was written here has no version yet; writers of one row take turns, so that nobody needs it. */
const NO_VERSION = -1

interface Written {
  table: string
  key: Uint8Array
  /** Undefined: removed. */
  data: Uint8Array | undefined
  /** What the first writer expected of the store. */
  expect: Expectation | undefined
}

export function overlayOf(rows: RowStore, bytesMax: number): Overlay {
  const written = new Map<string, Written>()
  const appended: RowWrite[] = []
  let bytes = 0
  let isOver = false

  const nameOf = (table: string, key: Uint8Array): string => `${table}/${Buffer.from(key).toString('latin1')}`

  return {
    async get(table, key) {
      const own = written.get(nameOf(table, key))
      if (!own) return rows.get(table, key)
      return own.data && { key, data: own.data, version: NO_VERSION }
    },

    async scan(table, range) {
      const { from, to, backwards = false, limit } = range
      const step = backwards ? -1 : 1
      const inRange = ({ key }: { key: Uint8Array }): boolean =>
        Buffer.compare(key, from) * step >= 0 && (to === undefined || Buffer.compare(key, to) * step < 0)
      const own = [...written.values()].filter((write) => write.table === table && inRange(write))
      if (own.length === 0) return rows.scan(table, range)
      // Enough, if each of ours should remove one of theirs.
      const { rows: theirs, next } = await rows.scan(table, { ...range, limit: limit + own.length })
      const merged = new Map<string, StoredRow>(theirs.map((row) => [nameOf(table, row.key), row]))
      for (const { key, data } of own) {
        merged.delete(nameOf(table, key))
        // What is behind the end of their page belongs to another page.
        if (data && (!next || Buffer.compare(key, next) * step < 0))
          merged.set(nameOf(table, key), { key, data, version: NO_VERSION })
      }
      const sorted = [...merged.values()].sort((a, b) => Buffer.compare(a.key, b.key) * step)
      const end = sorted[limit]?.key ?? next
      return { rows: sorted.slice(0, limit), ...(end ? { next: end } : {}) }
    },

    async commit(writes) {
      // A write that was under way would be answered and not count.
      if (isOver) throw sessionNotExist()
      for (const write of writes) {
        bytes += 'put' in write ? write.data.length : 'append' in write ? write.append.length : 0
      }
      if (bytes > bytesMax) {
        throw parameterInvalid(
          `The total data size of the transaction exceeds the limit, limit size: ${bytesMax}.`,
        )
      }
      for (const write of writes) {
        if ('append' in write) {
          appended.push(write)
          continue
        }
        const key = 'put' in write ? write.put : write.remove
        const name = nameOf(write.table, key)
        const before = written.get(name)
        const data = 'put' in write ? write.data : undefined
        written.set(name, { table: write.table, key, data, expect: before ? before.expect : write.expect })
      }
    },

    end() {
      isOver = true
      const rowWrites = [...written.values()].map(({ table, key, data, expect }): RowWrite => {
        const expected = expect === undefined ? {} : { expect }
        return data ? { table, put: key, data, ...expected } : { table, remove: key, ...expected }
      })
      return [...rowWrites, ...appended]
    },
  }
}
