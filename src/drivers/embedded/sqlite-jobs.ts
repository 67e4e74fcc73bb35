/**
 * The side of `SqliteWriter` that runs on a thread of its own: it owns the connection that writes, so that waiting for
 * the disk never holds up the platform. A group of jobs is one transaction. A job that cannot be done says so in its
 * answer before it writes anything; a job that throws undoes the group, and then each job gets a transaction of its own,
 * so that one that does not fit on the disk fails alone.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { MessagePort } from 'node:worker_threads'
import { openWriter, type Schema } from './sqlite-database.ts'
import { type StorageFailure, sqliteErrorNumber, storageFailure } from './sqlite-error.ts'

export type Outcome = { answer: unknown } | { failure: StorageFailure }
export type ToDatabase = { jobs: unknown[] } | { close: true }
export type FromDatabase =
  | { ready: true }
  | { outcomes: Outcome[] }
  | { closed: true }
  | { failure: StorageFailure }

export interface DatabaseFile {
  file: string
  lockWaitMs: number
}

/** What a database is for: its layout, and how a job is done on it inside a transaction. */
export interface JobsOf<Job> {
  schema: Schema
  jobsOn(database: DatabaseSync): (job: Job) => unknown
}

/** Opens a database and does the jobs that come through `port`, until it is told to close. */
export function serveJobs<Job>(
  port: MessagePort,
  { file, lockWaitMs }: DatabaseFile,
  { schema, jobsOn }: JobsOf<Job>,
): void {
  const say = (message: FromDatabase): void => port.postMessage(message)

  let database: DatabaseSync
  let doGroup: (jobs: Job[]) => Outcome[]
  try {
    database = openWriter(file, { schema, lockWaitMs })
    doGroup = groupsOn(database, file, jobsOn(database))
  } catch (error) {
    say({ failure: storageFailure(error, file) })
    port.close()
    return
  }
  port.on('message', (message: ToDatabase) => {
    if ('jobs' in message) {
      say({ outcomes: doGroup(message.jobs as Job[]) })
      return
    }
    try {
      database.close()
      say({ closed: true })
    } catch (error) {
      say({ failure: storageFailure(error, file) })
    }
    port.close()
  })
  say({ ready: true })
}

/** fsync of a file and of its folder. */
const FSYNC_FAILED = [1034, 1290]

function groupsOn<Job>(database: DatabaseSync, file: string, doJob: (job: Job) => unknown) {
  /** After a failed fsync the system may have dropped the pages it could not write: no later success can be believed. */
  let broken: StorageFailure | undefined

  function inOneTransaction(jobs: Job[]): Outcome[] {
    database.exec('BEGIN IMMEDIATE')
    try {
      const outcomes = jobs.map((job) => ({ answer: doJob(job) }))
      database.exec('COMMIT')
      return outcomes
    } catch (error) {
      if (FSYNC_FAILED.includes(sqliteErrorNumber(error) ?? 0)) broken = storageFailure(error, file)
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }

  return function doGroup(jobs: Job[]): Outcome[] {
    if (broken) return jobs.map(() => ({ failure: broken! }))
    try {
      return inOneTransaction(jobs)
    } catch (error) {
      const isBusy = sqliteErrorNumber(error) === 5 // trying each alone would wait for the lock each time
      if (jobs.length > 1 && !isBusy) return jobs.flatMap((job) => doGroup([job]))
      return jobs.map(() => ({ failure: storageFailure(error, file) }))
    }
  }
}
