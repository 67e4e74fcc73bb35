/** The thread's own file: opens the databases that it is told to, each with a port of its own. */
import { type MessagePort, parentPort } from 'node:worker_threads'
import { recordsJobs } from './records-jobs.ts'
import { rowsJobs } from './rows-jobs.ts'
import { searchJobs } from './search-jobs.ts'
import { copyDatabases, type DatabaseCopy } from './sqlite-copy.ts'
import { type DatabaseFile, type JobsOf, serveJobs } from './sqlite-jobs.ts'
import { streamsJobs } from './streams-jobs.ts'

export type DatabaseKind = 'records' | 'streams' | 'rows' | 'search'
export type ToThread =
  | { open: DatabaseFile; kind: DatabaseKind; port: MessagePort }
  | { copy: readonly DatabaseCopy[]; port: MessagePort }
  | { end: true }

const kinds: Record<DatabaseKind, JobsOf<never>> = {
  records: recordsJobs,
  streams: streamsJobs,
  rows: rowsJobs,
  search: searchJobs,
}

const owner = parentPort
if (!owner) throw new Error('this file runs as a worker thread')
owner.on('message', (message: ToThread) => {
  if ('end' in message) owner.close()
  else if ('copy' in message) void copyDatabases(message.port, message.copy)
  else serveJobs(message.port, message.open, kinds[message.kind])
})
