import { checkKey, checkLimit, endOfPrefix } from '../../ports/keys.ts'
import { checkAppend, type StreamEntry, type StreamInfo, type StreamStore } from '../../ports/streams.ts'
import { openReader, reading } from './sqlite-database.ts'
import { type SqliteOptions, SqliteWriter } from './sqlite-writer.ts'
import type { StreamsJob } from './streams-jobs.ts'

/**
 * Streams in one SQLite file, built as the records are: writes on a thread in groups, reads at once.
 * Room that a trim frees is used again by later appends; the file itself does not shrink.
 */
export async function sqliteStreamStore(options: SqliteOptions): Promise<StreamStore> {
  const { file } = options
  const writer = await SqliteWriter.open<StreamsJob>('streams', options)
  await sweep() // what a crash left to be deleted
  const reader = openReader(file)
  const find = reader.prepare('SELECT id, first, last, bytesThrough - bytesBefore AS sizeBytes FROM streams WHERE name = ?') // biome-ignore format: one line
  const entriesFrom = reader.prepare(
    'SELECT sequence, data FROM entries WHERE stream = ? AND sequence >= ? ORDER BY sequence LIMIT ?',
  )
  const namesWithin = reader.prepare('SELECT name FROM streams WHERE name >= ? AND name < ? ORDER BY name')
  const namesFrom = reader.prepare('SELECT name FROM streams WHERE name >= ? ORDER BY name')
  let isOpen = true

  function checkOpen(): void {
    if (!isOpen) throw new Error('the stream store is closed')
  }

  function streamOf(name: string): (StreamInfo & { id: number }) | undefined {
    checkOpen()
    checkKey(name)
    return reading(file, () => find.get(name)) as (StreamInfo & { id: number }) | undefined
  }

  async function sweep(): Promise<void> {
    while (await writer.submit<boolean>({ do: 'sweep' }, 0)) {}
  }

  return {
    async append(stream, entries) {
      checkOpen()
      checkKey(stream)
      checkAppend(entries)
      const lengths = entries.map(({ length }) => length)
      const sizeBytes = lengths.reduce((sum, length) => sum + length, 0)
      const bytes = new Uint8Array(sizeBytes)
      let start = 0
      for (const entry of entries) {
        bytes.set(entry, start)
        start += entry.length
      }
      return await writer.submit<number>({ do: 'append', stream, lengths, bytes }, sizeBytes)
    },

    async read(stream, { from, limit, bytesMax = Number.POSITIVE_INFINITY }) {
      const found = streamOf(stream)
      checkLimit(limit)
      const entries: StreamEntry[] = []
      if (!found) return entries
      let bytes = 0
      reading(file, () => {
        for (const row of entriesFrom.iterate(found.id, Math.max(from, found.first), limit)) {
          const { sequence, data } = row as unknown as StreamEntry
          bytes += data.length
          if (entries.length > 0 && bytes > bytesMax) break
          entries.push({ sequence, data })
        }
      })
      return entries
    },

    async trim(stream, before) {
      checkOpen()
      checkKey(stream)
      await writer.submit({ do: 'trim', stream, before }, 0)
      await sweep()
    },

    async stat(stream) {
      const found = streamOf(stream)
      return found && { first: found.first, last: found.last, sizeBytes: found.sizeBytes }
    },

    async list(prefix) {
      checkOpen()
      const end = endOfPrefix(prefix)
      const rows = reading(file, () =>
        end === undefined ? namesFrom.all(prefix) : namesWithin.all(prefix, end),
      )
      return rows.map(({ name }) => name as string)
    },

    async remove(stream) {
      checkOpen()
      checkKey(stream)
      await writer.submit({ do: 'remove', stream }, 0)
      await sweep()
    },

    async close() {
      if (isOpen) reader.close()
      isOpen = false
      await writer.close()
    },
  }
}
