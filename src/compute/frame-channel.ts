import type { Duplex } from 'node:stream'
import { answerBytesMax, badResponse } from './failure-bodies.ts'
import { decodeError, FrameDecoder, type FrameType, FrameWriter, frameType, readyFlag } from './frames.ts'
import type { InvocationLog } from './invocation-log.ts'
import type { Answer } from './live-instance.ts'

interface Asked {
  resolve(answer: Answer): void
  log: InvocationLog | undefined
  requestId: string
  started: (() => void) | undefined
  tookMs: number | undefined
}

/**
 * The platform's end of the frame channel to one built-in runtime (runtimes/protocol.md): sends, matches answers to
 * what was asked, hands log lines to whom they belong. The runtime works off what it is asked one after the other, so
 * what was asked first is what runs. When the channel ends, everything that waits gets `died`.
 */
export class FrameChannel {
  /** Resolves with the first READY; rejects when the runtime is gone before. */
  readonly ready: Promise<void>
  readonly #stream: Duplex
  readonly #writer: FrameWriter
  readonly #monotonicMs: () => number
  /** In the order in which they were asked. */
  readonly #waiting = new Map<number, Asked>()
  #backgroundLog: InvocationLog | undefined
  #nextId = 1
  #open = true
  #takesBack = false
  #runningSinceMs: number | undefined

  constructor(stream: Duplex, monotonicMs: () => number) {
    this.#stream = stream
    this.#monotonicMs = monotonicMs
    this.#writer = new FrameWriter(stream)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ready = promise
    // Whoever waits for readiness sees the rejection; a pool that has given up on the instance does not.
    promise.catch(() => {})
    const decoder = new FrameDecoder((type, id, payload) => {
      if (type === frameType.ready) {
        this.#takesBack = ((payload[0] ?? 0) & readyFlag.takesBack) !== 0
        resolve()
      } else this.#receive(type, id, payload)
    })
    // A peer that dies with unread bytes resets the connection, one that had read them all just ends it (unix(7)):
    // that tells a call which crashed the function from a call that came an instant after the crash.
    const end = (delivered: boolean) => {
      if (!this.#open) return
      this.#open = false
      reject(new Error('the runtime ended before it was ready'))
      this.#runningSinceMs = undefined
      // Only the first can have begun: its answer would have come before the next one did.
      let mayHaveBegun = delivered
      const waiting = [...this.#waiting.values()]
      this.#waiting.clear()
      for (const { resolve: answer } of waiting) {
        answer({ is: 'died', delivered: mayHaveBegun })
        mayHaveBegun = false
      }
    }
    stream.on('data', (chunk: Buffer) => {
      try {
        decoder.push(chunk)
      } catch {
        // A runtime that breaks the protocol was taken over by the function's code: nothing it says can be trusted.
        stream.destroy()
        end(true)
      }
    })
    stream.once('end', () => end(true))
    stream.once('close', () => end(true))
    stream.on('error', () => end(false))
  }

  set backgroundLog(log: InvocationLog) {
    this.#backgroundLog = log
  }

  /** What the runtime has not read yet. */
  get unreadBytes(): number {
    return this.#stream.writableLength
  }

  bind(binding: object): void {
    if (this.#open) this.#writer.bind(binding)
  }

  /** Whether the runtime gives back what it has not begun. */
  get takesBack(): boolean {
    return this.#takesBack
  }

  /** Since when the runtime works on what it was asked first; undefined when it has nothing to do. */
  get runningSinceMs(): number | undefined {
    return this.#runningSinceMs
  }

  /** Rejects with `FrameTooLong`. `started` is called when the runtime comes to it, which may be at once. */
  ask(
    type: FrameType,
    headJson: string,
    event: Uint8Array | undefined,
    { log, requestId, started }: { log: InvocationLog | undefined; requestId: string; started?: () => void },
  ): Promise<Answer> {
    if (!this.#open) return Promise.resolve({ is: 'died', delivered: false })
    const id = this.#nextId
    this.#nextId = id === 0xffff_ffff ? 1 : id + 1
    return new Promise((resolve) => {
      this.#writer.invoke(id, headJson, event ?? nothing, type)
      const asked: Asked = { resolve, log, requestId, started, tookMs: undefined }
      this.#waiting.set(id, asked)
      if (this.#waiting.size === 1) this.#begin(asked)
    })
  }

  /** Asks for what has not begun, all or one: each gets `returned`, or its answer if the runtime came to it first. */
  takeBack(requestId?: string): void {
    if (!this.#open || !this.#takesBack) return
    let isFirst = true
    for (const [id, asked] of this.#waiting) {
      if (!isFirst && (requestId === undefined || asked.requestId === requestId))
        this.#writer.write(frameType.takeBack, id)
      isFirst = false
    }
  }

  #begin(asked: Asked): void {
    this.#runningSinceMs = this.#monotonicMs()
    asked.started?.()
  }

  #receive(type: FrameType, id: number, payload: Buffer): void {
    const asked = this.#waiting.get(id)
    if (type === frameType.log) {
      const log = asked?.log ?? this.#backgroundLog
      log?.write(payload.toString('utf8'))
      return
    }
    if (!asked) throw new Error(`an answer to ${id}, which was not asked`)
    if (type === frameType.took && payload.length === 4) {
      asked.tookMs = payload.readUInt32BE(0) / 1000
      return
    }
    let answer: Answer
    if (type === frameType.result) {
      const { tookMs } = asked
      const result = { is: 'result', body: payload, ...(tookMs === undefined ? {} : { tookMs }) } as const
      answer = payload.length > answerBytesMax ? answerTooLarge : result
    } else if (type === frameType.error) answer = { is: 'error', ...decodeError(payload) }
    else if (type === frameType.returned) answer = returned
    else throw new Error(`a frame of type ${type}`)
    const wasFirst = this.#first() === asked
    this.#waiting.delete(id)
    asked.resolve(answer)
    const next = wasFirst ? this.#first() : undefined
    if (next) this.#begin(next)
    else if (wasFirst) this.#runningSinceMs = undefined
  }

  #first(): Asked | undefined {
    for (const asked of this.#waiting.values()) return asked
    return undefined
  }
}

const nothing = new Uint8Array(0)
const returned: Answer = { is: 'returned' }
const answerTooLarge: Answer = {
  is: 'error',
  kind: 'unhandled',
  fatal: false,
  body: badResponse('The response is larger than 32 MB.'),
}
