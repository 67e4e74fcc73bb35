import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { checkKey, checkLimit } from '../../ports/keys.ts'
import {
  type DocumentChange,
  type SearchIndexStore,
  SearchOverload,
  SearchTookTooLong,
} from '../../ports/search-index.ts'
import type { SearchJob } from './search-jobs.ts'
import type { SearchQuery } from './search-queries.ts'
import type { SearchAnswer, SearchThreadData } from './search-thread.ts'
import { StorageError } from './sqlite-error.ts'
import { SqliteWriter } from './sqlite-writer.ts'

export interface SearchIndexOptions {
  file: string
  /** After which a search ends. Default: the vendor's ten seconds. */
  timeMs?: number
  /** How many searches may wait; more are refused. */
  waitingMax?: number
}

/**
 * Search indexes in one SQLite file, with two threads that are not the platform's: one writes, as those of the other
 * stores do, and one searches, a query at a time. Both begin with the first use, as most platforms have no such index.
 */
export function sqliteSearchIndexes(options: SearchIndexOptions): SearchIndexStore {
  let opened: Promise<Opened> | undefined
  let isClosed = false

  function used(): Promise<Opened> {
    if (isClosed) throw new Error('the store of search indexes is closed')
    opened ??= open(options)
    // Tried anew by the next caller.
    opened.catch(() => {
      opened = undefined
    })
    return opened
  }

  async function ask<T>(query: SearchQuery): Promise<T> {
    if ('index' in query) checkKey(query.index)
    return (await used()).ask<T>(query)
  }

  return {
    async write(index, changes, note) {
      checkKey(index)
      const { writer } = await used()
      await writer.submit({ do: 'write', index, changes: changes.map(ownBytes), note }, sizeOf(changes))
    },
    noteOf: (index) => ask({ do: 'noteOf', index }),
    async find(index, search) {
      checkLimit(search.limit)
      checkLimit(search.offset)
      return ask({ do: 'find', index, search })
    },
    count: (index, condition) => ask({ do: 'count', index, condition }),
    measure: (index, condition, field) => ask({ do: 'measure', index, condition, field }),
    quantiles: (index, condition, wanted) => ask({ do: 'quantiles', index, condition, wanted }),
    groups: (index, condition, wanted) => ask({ do: 'groups', index, condition, wanted }),
    async clear(index, limit) {
      checkKey(index)
      checkLimit(limit)
      const { writer } = await used()
      return writer.submit<boolean>({ do: 'clear', index, limit }, 0)
    },
    // Asked now and then, also where there never was an index.
    indexes: async () => (opened || existsSync(options.file) ? ask({ do: 'indexes' }) : []),
    async close() {
      isClosed = true
      // Who could not open it was told.
      await (await opened?.catch(() => undefined))?.close()
    },
  }
}

/** Answers are at most some thousand rows of keys and values. */
const youngGenerationMaxMb = 8

/** A view is handed to a thread with all that it is a view of. */
const ownBytes = (change: DocumentChange): DocumentChange =>
  'put' in change
    ? { put: { ...change.put, key: Uint8Array.from(change.put.key) } }
    : { remove: Uint8Array.from(change.remove) }

/** About what it takes: groups of jobs are bounded by it. */
const sizeOf = (changes: readonly DocumentChange[]): number => {
  let sizeBytes = 0
  for (const change of changes) sizeBytes += 'put' in change ? 256 + change.put.fields.length * 64 : 64
  return sizeBytes
}

interface Opened {
  writer: SqliteWriter<SearchJob>
  ask<T>(query: SearchQuery): Promise<T>
  close(): Promise<void>
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

async function open({ file, timeMs = 10_000, waitingMax = 64 }: SearchIndexOptions): Promise<Opened> {
  const writer = await SqliteWriter.open<SearchJob>('search', { file })
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./search-thread.${extension}`, import.meta.url), {
    workerData: { file, timeMs } satisfies SearchThreadData,
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMaxMb },
  })
  worker.unref() // who waits for an answer keeps the process alive
  const waiting = new Map<number, Waiting>()
  let stopped: Error | undefined
  let count = 0

  const stop = (cause?: unknown): void => {
    stopped ??= new Error(`the thread that searches ${file} has stopped`, { cause })
    for (const { reject } of waiting.values()) reject(stopped)
    waiting.clear()
  }
  worker.on('error', stop)
  const exited = once(worker, 'exit').finally(stop)
  exited.catch(() => {}) // `once` rejects on an error, of which who waits was told

  worker.on('message', (message: SearchAnswer) => {
    const { resolve, reject } = waiting.get(message.id)!
    waiting.delete(message.id)
    if (waiting.size === 0) worker.unref()
    if ('answer' in message) resolve(message.answer)
    else reject('tookTooLong' in message ? new SearchTookTooLong() : new StorageError(message.failure))
  })

  return {
    writer,
    ask<T>(query: SearchQuery): Promise<T> {
      if (stopped) throw stopped
      if (waiting.size >= waitingMax) throw new SearchOverload()
      const id = ++count
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      waiting.set(id, { resolve, reject })
      worker.ref()
      worker.postMessage({ id, query })
      return promise as Promise<T>
    },
    async close() {
      if (!stopped) {
        worker.ref()
        worker.postMessage({ end: true })
        await exited
      }
      await writer.close()
    },
  }
}
