import { checkJournalEntry, type Journal, type JournalEntry, JournalFull } from '../../ports/journal.ts'

/** A journal that lives as long as the process: for tests and `up --ephemeral`. Positions count entries. */
export function memoryJournal({ bytesMax = 64 * 1024 * 1024 }: { bytesMax?: number } = {}): Journal {
  let entries: JournalEntry[] = []
  let end = 0
  let sizeBytes = 0
  let isOpen = true

  function checkOpen(): void {
    if (!isOpen) throw new Error('the journal is closed')
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
      const start = entries.findIndex(({ position }) => position >= from)
      const found = start < 0 ? [] : entries.slice(start, start + limit)
      const last = found.at(-1)
      return { entries: found, next: last ? last.position + 1 : Math.max(from, end) }
    },

    async trim(before) {
      checkOpen()
      entries = entries.filter(({ position }) => position >= before)
      sizeBytes = entries.reduce((sum, { data }) => sum + data.length, 0)
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
