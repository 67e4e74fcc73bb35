import type { DatabaseSync } from 'node:sqlite'
import type { JobsOf } from './sqlite-jobs.ts'

export type StreamsJob =
  /** The entries, one behind the other, and how long each is. */
  | { do: 'append'; stream: string; lengths: number[]; bytes: Uint8Array }
  | { do: 'trim'; stream: string; before: number }
  | { do: 'remove'; stream: string }
  /** Deletes some of what is forgotten; answers whether there is more. */
  | { do: 'sweep' }

// `bytesThrough` counts every byte ever appended, up to and including that entry: what is kept is a difference of two.
// A trim or removal is one small write that forgets; `forgotten` remembers what is still to be deleted, over a crash too.
const schema = [
  `
  CREATE TABLE streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    bytesBefore INTEGER NOT NULL,
    bytesThrough INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE entries (
    stream INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    bytesThrough INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (stream, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE forgotten (stream INTEGER PRIMARY KEY, before INTEGER NOT NULL) STRICT
  `,
]

/** Deleted in one transaction: few enough that appends do not wait long for it. */
const SWEPT_AT_ONCE = 1000

interface StreamRow {
  id: number
  first: number
  last: number
  bytesThrough: number
}

function streamsOn(database: DatabaseSync): (job: StreamsJob) => unknown {
  const find = database.prepare('SELECT id, first, last, bytesThrough FROM streams WHERE name = ?')
  const create = database.prepare('INSERT INTO streams VALUES (NULL, ?, 1, 0, 0, 0)')
  const addEntry = database.prepare('INSERT INTO entries VALUES (?, ?, ?, ?)')
  const extend = database.prepare('UPDATE streams SET last = ?, bytesThrough = ? WHERE id = ?')
  const bytesThrough = database.prepare('SELECT bytesThrough FROM entries WHERE stream = ? AND sequence = ?')
  const moveFirst = database.prepare('UPDATE streams SET first = ?, bytesBefore = ? WHERE id = ?')
  const removeStream = database.prepare('DELETE FROM streams WHERE id = ?')
  const forget = database.prepare(
    'INSERT INTO forgotten VALUES (?, ?) ON CONFLICT DO UPDATE SET before = excluded.before',
  )
  const nextForgotten = database.prepare('SELECT stream, before FROM forgotten LIMIT 1')
  const oldest = database.prepare('SELECT sequence FROM entries WHERE stream = ? ORDER BY sequence LIMIT 1')
  const deleteEntries = database.prepare('DELETE FROM entries WHERE stream = ? AND sequence < ?')
  const forgottenIsDeleted = database.prepare('DELETE FROM forgotten WHERE stream = ?')

  const streamOf = (name: string) => find.get(name) as StreamRow | undefined

  function append(name: string, lengths: number[], bytes: Uint8Array): number {
    const { id, last, bytesThrough } = streamOf(name) ?? { id: Number(create.run(name).lastInsertRowid), last: 0, bytesThrough: 0 } // biome-ignore format: one line
    let sequence = last
    let start = 0
    for (const length of lengths) {
      addEntry.run(id, ++sequence, bytesThrough + start + length, bytes.subarray(start, start + length))
      start += length
    }
    extend.run(sequence, bytesThrough + start, id)
    return sequence
  }

  function trim(name: string, before: number): void {
    const stream = streamOf(name)
    const first = Math.min(before, (stream?.last ?? 0) + 1)
    if (!stream || first <= stream.first) return
    const gone = bytesThrough.get(stream.id, first - 1) as { bytesThrough: number }
    moveFirst.run(first, gone.bytesThrough, stream.id)
    forget.run(stream.id, first)
  }

  function remove(name: string): void {
    const stream = streamOf(name)
    if (!stream) return
    removeStream.run(stream.id)
    forget.run(stream.id, stream.last + 1)
  }

  function sweep(): boolean {
    const next = nextForgotten.get() as { stream: number; before: number } | undefined
    if (!next) return false
    const { sequence } = (oldest.get(next.stream) as { sequence: number } | undefined) ?? {
      sequence: next.before,
    }
    const end = Math.min(sequence + SWEPT_AT_ONCE, next.before)
    deleteEntries.run(next.stream, end)
    if (end === next.before) forgottenIsDeleted.run(next.stream)
    return true
  }

  return (job) => {
    switch (job.do) {
      case 'append':
        return append(job.stream, job.lengths, job.bytes)
      case 'trim':
        return trim(job.stream, job.before)
      case 'remove':
        return remove(job.stream)
      case 'sweep':
        return sweep()
    }
  }
}

export const streamsJobs: JobsOf<StreamsJob> = { schema, jobsOn: streamsOn }
