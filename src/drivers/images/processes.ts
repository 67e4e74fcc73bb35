/**
 * The owner of the processes that images are given to. One job at a time in each, because a process that is killed for
 * one image must not take another along; a process that has nothing to do for a while ends, so that a platform that is
 * not asked for images holds none.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Cancel, Clock } from '../../lib/clock.ts'
import {
  ImageGivenUp,
  type ImageJob,
  type ImageOutcome,
  type ImageProcessor,
  ImagesBusy,
  ImagesUnavailable,
} from '../../ports/images.ts'
import type { FromProcess } from './image-process.ts'

export interface ImageProcessesOptions {
  clock: Clock
  /** At once. Each holds an image, and as much again, in memory. */
  processesMax?: number
  /** Jobs that wait beside those; more are refused. */
  waitingMax?: number
  /** Who has waited so long is refused. */
  waitMsMax?: number
  /** Of one job, with the start of its process. */
  jobMsMax?: number
  /** After so long without a job, a process ends. */
  idleMsMax?: number
  /** What a process runs. Default: the real one. */
  program?: URL
}

interface Waiting {
  begin(): void
  refuse(error: unknown): void
}

// `.ts` as we run it, `.js` as it is published.
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

export class ImageProcesses implements ImageProcessor {
  readonly #options: Required<ImageProcessesOptions>
  readonly #idle: { child: ChildProcess; cancel: Cancel }[] = []
  readonly #children = new Set<ChildProcess>()
  readonly #waiting = new Set<Waiting>()
  #busy = 0
  #closed = false

  constructor({
    clock,
    processesMax = 2,
    waitingMax = 64,
    waitMsMax = 20_000,
    jobMsMax = 20_000,
    idleMsMax = 30_000,
    program = new URL(`./image-process.${extension}`, import.meta.url),
  }: ImageProcessesOptions) {
    this.#options = { clock, processesMax, waitingMax, waitMsMax, jobMsMax, idleMsMax, program }
  }

  async run(prepare: () => Promise<ImageJob>, signal: AbortSignal): Promise<ImageOutcome> {
    await this.#turn(signal)
    try {
      const job = await prepare()
      signal.throwIfAborted()
      return await this.#given(job, signal)
    } finally {
      this.#busy--
      const [next] = this.#waiting
      next?.begin()
    }
  }

  /** Resolves when one of the places is the caller's; it gives it back. */
  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#closed) throw new ImagesUnavailable('the platform is stopping')
    const { clock, processesMax, waitingMax, waitMsMax } = this.#options
    if (this.#busy < processesMax && this.#waiting.size === 0) {
      this.#busy++
      return
    }
    if (this.#waiting.size >= waitingMax) throw new ImagesBusy()
    await new Promise<void>((resolve, reject) => {
      const settle = (act: () => void): void => {
        this.#waiting.delete(waiting)
        cancel()
        signal.removeEventListener('abort', onAbort)
        act()
      }
      const waiting: Waiting = {
        begin: () =>
          settle(() => {
            this.#busy++
            resolve()
          }),
        refuse: (error) => settle(() => reject(error)),
      }
      const onAbort = (): void => waiting.refuse(signal.reason)
      const cancel = clock.after(waitMsMax, () => waiting.refuse(new ImagesBusy()))
      signal.addEventListener('abort', onAbort)
      this.#waiting.add(waiting)
    })
  }

  /** Gives the job to a process; one that does not answer it is killed. */
  async #given(job: ImageJob, signal: AbortSignal): Promise<ImageOutcome> {
    const { clock, jobMsMax } = this.#options
    const child = this.#takeIdle() ?? this.#start()
    const answer = await new Promise<FromProcess>((resolve, reject) => {
      const settle = (act: () => void): void => {
        cancel()
        child.off('message', onMessage).off('exit', onExit).off('error', onError)
        signal.removeEventListener('abort', onAbort)
        act()
      }
      const giveUp = (error: unknown): void => {
        child.kill('SIGKILL')
        settle(() => reject(error))
      }
      const onMessage = (message: FromProcess): void => settle(() => resolve(message))
      const onExit = (_code: number | null, killedBy: string | null): void =>
        settle(() =>
          reject(new ImageGivenUp(`its process ended${killedBy === null ? '' : ` by ${killedBy}`}`)),
        )
      const onError = (error: Error): void => giveUp(new ImagesUnavailable(error.message))
      const onAbort = (): void => giveUp(signal.reason)
      const cancel = clock.after(jobMsMax, () => giveUp(new ImageGivenUp('it took too long')))
      child.on('message', onMessage).on('exit', onExit).on('error', onError)
      signal.addEventListener('abort', onAbort)
      // A failure to send is told by `exit`.
      child.send(job, () => {})
    })
    if (answer.is === 'unavailable') {
      child.kill('SIGKILL')
      throw new ImagesUnavailable(answer.reason)
    }
    this.#putBack(child)
    if (answer.is === 'failed') throw new Error(`processing of an image failed: ${answer.reason}`)
    return answer.outcome
  }

  #takeIdle(): ChildProcess | undefined {
    const idle = this.#idle.pop()
    idle?.cancel()
    idle?.child.ref()
    idle?.child.channel?.ref()
    return idle?.child
  }

  #putBack(child: ChildProcess): void {
    if (this.#closed || child.exitCode !== null || child.signalCode !== null) return
    const idle = {
      child,
      cancel: this.#options.clock.after(this.#options.idleMsMax, () => {
        this.#forget(child)
        child.kill('SIGKILL')
      }),
    }
    child.unref()
    child.channel?.unref()
    this.#idle.push(idle)
  }

  #forget(child: ChildProcess): void {
    const at = this.#idle.findIndex((idle) => idle.child === child)
    if (at >= 0) this.#idle.splice(at, 1)[0]!.cancel()
  }

  /** With nothing of our environment: it may hold secrets, and none of it is needed. */
  #start(): ChildProcess {
    const child = fork(this.#options.program, [], {
      serialization: 'advanced',
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#children.add(child)
    const gone = (): void => {
      this.#children.delete(child)
      // One that dies while nobody needs it is not given a job any more.
      this.#forget(child)
    }
    // An error without an exit is that it never began: whoever waits for its answer is told, too.
    child.once('exit', gone).on('error', () => {
      if (child.pid === undefined) gone()
    })
    return child
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const { refuse } of this.#waiting) refuse(new ImagesUnavailable('the platform is stopping'))
    for (const { cancel } of this.#idle.splice(0)) cancel()
    await Promise.all(
      [...this.#children].map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.ref()
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      }),
    )
  }
}
