import { once } from 'node:events'
import type { MessagePort } from 'node:worker_threads'
import { GroupCommit, type GroupLimits } from './group-commit.ts'
import { StorageError } from './sqlite-error.ts'
import type { FromDatabase, Outcome, ToDatabase } from './sqlite-jobs.ts'
import type { DatabaseKind } from './sqlite-thread.ts'
import { SqliteWritingThread } from './sqlite-writing-thread.ts'

export interface SqliteOptions {
  file: string
  /** Shared with other databases. Default: one of its own. */
  thread?: SqliteWritingThread
  /** How long a write waits for another process that holds the file's lock. */
  lockWaitMs?: number
  limits?: GroupLimits
}

/** The platform's side of a database that a thread writes: hands it groups of jobs and answers each caller. */
export class SqliteWriter<Job> {
  readonly #thread: SqliteWritingThread
  readonly #port: MessagePort
  readonly #groups: GroupCommit<Job, Outcome>
  readonly #stop: (cause?: unknown) => void
  #stopped: Error | undefined
  #answering: { resolve(message: FromDatabase): void; reject(error: Error): void } | undefined
  #closing: Promise<void> | undefined

  static async open<Job>(kind: DatabaseKind, options: SqliteOptions): Promise<SqliteWriter<Job>> {
    const writer = new SqliteWriter<Job>(kind, options)
    const first = await writer.#answer()
    if (!('failure' in first)) return writer
    await writer.#thread.leave(writer.#stop)
    throw new StorageError(first.failure)
  }

  private constructor(
    kind: DatabaseKind,
    { file, lockWaitMs = 5000, limits, thread = new SqliteWritingThread() }: SqliteOptions,
  ) {
    this.#thread = thread
    this.#groups = new GroupCommit((jobs) => this.#send(jobs), limits)
    this.#stop = (cause) => {
      this.#stopped ??= new Error(`the thread that writes ${file} has stopped`, { cause })
      this.#answering?.reject(this.#stopped)
    }
    this.#port = thread.enter(kind, { file, lockWaitMs }, this.#stop)
    this.#port.on('message', (message: FromDatabase) => this.#answering?.resolve(message))
    this.#port.unref() // an idle store keeps no process alive; one that is writing does
  }

  /** Answers what the handler of the job answered, once it is durable. */
  async submit<Answer>(job: Job, sizeBytes: number): Promise<Answer> {
    if (this.#stopped) throw this.#stopped
    const outcome = await this.#groups.submit(job, sizeBytes)
    if ('failure' in outcome) throw new StorageError(outcome.failure)
    return outcome.answer as Answer
  }

  async #send(jobs: Job[]): Promise<Outcome[]> {
    this.#port.postMessage({ jobs } satisfies ToDatabase)
    const answer = await this.#answer()
    if ('outcomes' in answer) return answer.outcomes
    throw new Error('a database answered what it was not asked')
  }

  /** The next message. Nothing is asked before the answer to what was asked before. */
  async #answer(): Promise<FromDatabase> {
    if (this.#stopped) throw this.#stopped
    const { promise, resolve, reject } = Promise.withResolvers<FromDatabase>()
    this.#answering = { resolve, reject }
    this.#port.ref()
    try {
      return await promise
    } finally {
      this.#answering = undefined
      this.#port.unref()
    }
  }

  /** Finishes what was submitted, then lets go of the file. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#groups.drained()
    if (this.#stopped) return
    const gone = once(this.#port, 'close')
    this.#port.postMessage({ close: true } satisfies ToDatabase)
    const answer = await this.#answer()
    this.#port.ref()
    await gone
    await this.#thread.leave(this.#stop)
    if ('failure' in answer) throw new StorageError(answer.failure)
  }
}
