import { checkKey, checkLimit, compareKeys } from '../../ports/keys.ts'
import { checkAppend, type StreamEntry, type StreamStore } from '../../ports/streams.ts'

interface Kept {
  first: number
  last: number
  entries: Uint8Array[]
}

/** Streams that live as long as the process: for tests and `up --ephemeral`. */
export function memoryStreamStore(): StreamStore {
  const streams = new Map<string, Kept>()
  let isOpen = true

  function checkOpen(): void {
    if (!isOpen) throw new Error('the stream store is closed')
  }

  function find(stream: string): Kept | undefined {
    checkOpen()
    checkKey(stream)
    return streams.get(stream)
  }

  return {
    async append(stream, entries) {
      checkAppend(entries)
      const kept = find(stream) ?? { first: 1, last: 0, entries: [] }
      streams.set(stream, kept)
      for (const entry of entries) kept.entries.push(Uint8Array.from(entry))
      kept.last += entries.length
      return kept.last
    },

    async read(stream, { from, limit, bytesMax = Number.POSITIVE_INFINITY }) {
      const kept = find(stream)
      checkLimit(limit)
      const found: StreamEntry[] = []
      let bytes = 0
      for (let sequence = Math.max(from, kept?.first ?? 1); kept && sequence <= kept.last; sequence++) {
        const data = kept.entries[sequence - kept.first]!
        bytes += data.length
        if (found.length === limit || (found.length > 0 && bytes > bytesMax)) break
        found.push({ sequence, data: Uint8Array.from(data) })
      }
      return found
    },

    async trim(stream, before) {
      const kept = find(stream)
      if (!kept || before <= kept.first) return
      const first = Math.min(before, kept.last + 1)
      kept.entries.splice(0, first - kept.first)
      kept.first = first
    },

    async stat(stream) {
      const kept = find(stream)
      if (!kept) return undefined
      const sizeBytes = kept.entries.reduce((sum, { length }) => sum + length, 0)
      return { first: kept.first, last: kept.last, sizeBytes }
    },

    async list(prefix) {
      checkOpen()
      return [...streams.keys()].filter((name) => name.startsWith(prefix)).sort(compareKeys)
    },

    async remove(stream) {
      find(stream)
      streams.delete(stream)
    },

    async close() {
      isOpen = false
    },
  }
}
