/** The file of the thread that searches: one query after another, on a connection of its own. */
import { parentPort, workerData } from 'node:worker_threads'
import { SearchTookTooLong } from '../../ports/search-index.ts'
import { queriesOn, type SearchQuery } from './search-queries.ts'
import { openReader } from './sqlite-database.ts'
import { type StorageFailure, storageFailure } from './sqlite-error.ts'

export type SearchAnswer = { id: number } & (
  | { answer: unknown }
  | { failure: StorageFailure }
  | { tookTooLong: true }
)

export interface SearchThreadData {
  file: string
  timeMs: number
}

const owner = parentPort
if (!owner) throw new Error('this file runs as a worker thread')
const { file, timeMs } = workerData as SearchThreadData
const database = openReader(file)
const answer = queriesOn(database, { timeMs, nowMs: () => performance.now() })

owner.on('message', (message: { id: number; query: SearchQuery } | { end: true }) => {
  if ('end' in message) {
    database.close()
    owner.close()
    return
  }
  const { id, query } = message
  const say = (result: SearchAnswer): void => owner.postMessage(result)
  try {
    say({ id, answer: answer(query) })
  } catch (error) {
    if (error instanceof SearchTookTooLong) say({ id, tookTooLong: true })
    else say({ id, failure: storageFailure(error, file) })
  }
})
