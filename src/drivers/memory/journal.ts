import { checkJournalEntry, type Journal, type JournalEntry, JournalFull } from '../../ports/journal.ts'

/** A journal that lives as long as the process: for tests and `up --ephemeral`. Positions count entries. */
export function memoryJournal({ bytesMax = 64 * 1024 * 1024 }: { bytesMax?: number } = {}): Journal {
  const entries: JournalEntry[] = []
  let end = 0
  let sizeBytes = 0
  let isOpen = true

  function checkOpen(): void {
    if (!isOpen) throw new Error('the journal is closed')
  }

  /** Where the first entry at or behind a position is. */
  function indexOf(position: number): number {
    let low = 0
    let high = entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (entries[middle]!.position < position) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    get end() {
      return end
    },

    append(data) {
      checkOpen()
      checkJournalEntry(data)
      if (sizeBytes + data.length > bytesMax) throw new JournalFull(bytesMax)
      entries.push({ position: end, data: Uint8Array.from(data) })
      sizeBytes += data.length
      return ++end
    },

    async flush() {
      checkOpen()
    },

    async read(from, { limit }) {
      checkOpen()
      const start = indexOf(from)
      const found = entries.slice(start, start + limit)
      const last = found.at(-1)
      return { entries: found, next: last ? last.position + 1 : Math.max(from, end) }
    },

    async trim(before) {
      checkOpen()
      for (const { data } of entries.splice(0, indexOf(before))) sizeBytes -= data.length
    },

    skipTo(position) {
      checkOpen()
      end = Math.max(end, position)
    },

    async close() {
      isOpen = false
    },
  }
}
