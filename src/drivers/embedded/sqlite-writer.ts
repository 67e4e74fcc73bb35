import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { GroupCommit, type GroupLimits } from './group-commit.ts'
import { StorageError } from './sqlite-error.ts'
import type { FromThread, Outcome, ThreadData, ToThread } from './sqlite-thread.ts'

export interface SqliteOptions {
  file: string
  /** How long a write waits for another process that holds the file's lock. */
  lockWaitMs?: number
  limits?: GroupLimits
}

/** The platform's side of a database's writing thread: hands it groups of jobs and answers each caller. */
export class SqliteWriter<Job> {
  readonly #worker: Worker
  readonly #groups: GroupCommit<Job, Outcome>
  #stopped: Error | undefined
  #answering: { resolve(outcomes: Outcome[]): void; reject(error: Error): void } | undefined
  #closing: Promise<void> | undefined

  /** `thread` is the address of a file that calls `serveSqliteJobs`. */
  static async open<Job>(
    thread: URL,
    { file, lockWaitMs = 5000, limits }: SqliteOptions,
  ): Promise<SqliteWriter<Job>> {
    const data: ThreadData = { file, lockWaitMs }
    const worker = new Worker(thread, { workerData: data })
    const [first] = (await once(worker, 'message')) as [FromThread]
    if ('failure' in first) throw new StorageError(first.failure)
    return new SqliteWriter<Job>(worker, file, limits)
  }

  private constructor(worker: Worker, file: string, limits: GroupLimits | undefined) {
    this.#worker = worker
    this.#groups = new GroupCommit((jobs) => this.#send(jobs), limits)
    worker.on('message', (message: FromThread) => {
      if ('outcomes' in message) this.#answering?.resolve(message.outcomes)
    })
    const stop = (cause?: unknown): void => {
      this.#stopped ??= new Error(`the thread that writes ${file} has stopped`, { cause })
      this.#answering?.reject(this.#stopped)
    }
    worker.on('error', stop)
    worker.on('exit', () => stop())
    worker.unref() // an idle store keeps no process alive; one that is writing does
  }

  /** Answers what the handler of the job answered, once it is durable. */
  async submit<Answer>(job: Job, sizeBytes: number): Promise<Answer> {
    if (this.#stopped) throw this.#stopped
    const outcome = await this.#groups.submit(job, sizeBytes)
    if ('failure' in outcome) throw new StorageError(outcome.failure)
    return outcome.answer as Answer
  }

  async #send(jobs: Job[]): Promise<Outcome[]> {
    if (this.#stopped) throw this.#stopped
    const { promise, resolve, reject } = Promise.withResolvers<Outcome[]>()
    this.#answering = { resolve, reject }
    this.#worker.ref()
    this.#worker.postMessage({ jobs } satisfies ToThread)
    try {
      return await promise
    } finally {
      this.#answering = undefined
      this.#worker.unref()
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
    this.#worker.ref()
    const answered = Promise.all([once(this.#worker, 'message'), once(this.#worker, 'exit')])
    this.#worker.postMessage({ close: true } satisfies ToThread)
    const [[answer]] = (await answered) as [[FromThread], unknown]
    if ('failure' in answer) throw new StorageError(answer.failure)
  }
}

/** A thread's file beside the one that starts it: `.ts` as we run it, `.js` as it is published. */
export const threadBeside = (moduleUrl: string, name: string): URL =>
  new URL(`./${name}${moduleUrl.endsWith('.ts') ? '.ts' : '.js'}`, moduleUrl)
