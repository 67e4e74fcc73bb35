import { once } from 'node:events'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { DatabaseCopy, FromCopying } from './sqlite-copy.ts'
import { StorageError } from './sqlite-error.ts'
import type { DatabaseFile } from './sqlite-jobs.ts'
import type { DatabaseKind, ToThread } from './sqlite-thread.ts'

/** V8 gives a thread tens of MiB for what lives shortly. What lives that long here is one group of jobs at a time. */
const youngGenerationMaxMb = 8

/**
 * A thread that writes databases. Several may share it, which takes 12 MiB less than a thread each; then a group of one
 * waits for the group of another that is going to the disk. It ends with the last of them.
 */
export class SqliteWritingThread {
  readonly #worker: Worker
  readonly #exited: Promise<unknown>
  readonly #watchers = new Set<(cause?: unknown) => void>()
  #ended: Promise<void> | undefined

  constructor() {
    // `.ts` as we run it, `.js` as it is published.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    this.#worker = new Worker(new URL(`./sqlite-thread.${extension}`, import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMaxMb },
    })
    const stop = (cause?: unknown): void => {
      for (const watcher of this.#watchers) watcher(cause)
    }
    this.#worker.on('error', stop)
    this.#exited = once(this.#worker, 'exit').finally(stop)
    this.#exited.catch(() => {}) // `once` rejects on an error, of which the watchers were told
    this.#worker.unref() // the ports keep the process alive while something is written
  }

  /** Connects to a database that is opened now. `stopped` is called if the thread ends before `leave`. */
  enter(kind: DatabaseKind, file: DatabaseFile, stopped: (cause?: unknown) => void): MessagePort {
    if (this.#ended) throw new Error('this thread has ended: another database needs another one')
    this.#watchers.add(stopped)
    const { port1, port2 } = new MessageChannel()
    this.#worker.postMessage({ open: file, kind, port: port2 } satisfies ToThread, [port2])
    return port1
  }

  /**
   * Copies databases as they are at one moment between two groups of jobs, all of them at the same. `begun` resolves right
   * after that moment, `done` when the copies are on the disk.
   */
  copy(files: readonly DatabaseCopy[]): { begun: Promise<void>; done: Promise<void> } {
    if (this.#ended) throw new Error('this thread has ended: there is nothing to copy')
    const { port1, port2 } = new MessageChannel()
    const begun = Promise.withResolvers<void>()
    const done = Promise.withResolvers<void>()
    done.promise.catch(() => {}) // who waits for `begun` first is told there
    const fail = (error: Error): void => {
      begun.reject(error)
      done.reject(error)
    }
    const stop = (cause?: unknown): void => {
      this.#watchers.delete(stop)
      fail(new Error('the thread that writes the databases has stopped', { cause }))
    }
    this.#watchers.add(stop)
    port1.on('message', (message: FromCopying) => {
      if ('begun' in message) begun.resolve()
      else if ('failure' in message) fail(new StorageError(message.failure))
      else done.resolve()
    })
    port1.on('close', () => void this.leave(stop))
    this.#worker.postMessage({ copy: files, port: port2 } satisfies ToThread, [port2])
    return { begun: begun.promise, done: done.promise }
  }

  /** A database was closed, or not opened. Resolves, for the last one, when the thread is gone. */
  async leave(stopped: (cause?: unknown) => void): Promise<void> {
    this.#watchers.delete(stopped)
    if (this.#watchers.size === 0) this.#ended ??= this.#end()
    await this.#ended
  }

  async #end(): Promise<void> {
    this.#worker.ref()
    this.#worker.postMessage({ end: true } satisfies ToThread)
    await this.#exited
  }
}
