import type { Duplex } from 'node:stream'
import { answerBytesMax, badResponse } from './failure-bodies.ts'
import { decodeError, FrameDecoder, type FrameType, FrameWriter, frameType } from './frames.ts'
import type { InvocationLog } from './invocation-log.ts'
import type { Answer } from './live-instance.ts'

/**
 * The platform's end of the frame channel to one built-in runtime (runtimes/protocol.md): sends, matches answers to
 * what was asked, hands log lines to whom they belong. When the channel ends, everything that waits gets `died`.
 */
export class FrameChannel {
  /** Resolves with the first READY; rejects when the runtime is gone before. */
  readonly ready: Promise<void>
  readonly #stream: Duplex
  readonly #writer: FrameWriter
  readonly #waiting = new Map<number, { resolve: (answer: Answer) => void; log: InvocationLog | undefined }>()
  #backgroundLog: InvocationLog | undefined
  #nextId = 1
  #open = true

  constructor(stream: Duplex) {
    this.#stream = stream
    this.#writer = new FrameWriter(stream)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ready = promise
    // Whoever waits for readiness sees the rejection; a pool that has given up on the instance does not.
    promise.catch(() => {})
    const decoder = new FrameDecoder((type, id, payload) => {
      if (type === frameType.ready) resolve()
      else this.#receive(type, id, payload)
    })
    // A peer that dies with unread bytes resets the connection, one that had read them all just ends it (unix(7)):
    // that tells a call which crashed the function from a call that came an instant after the crash.
    const end = (delivered: boolean) => {
      if (!this.#open) return
      this.#open = false
      reject(new Error('the runtime ended before it was ready'))
      for (const { resolve: answer } of this.#waiting.values()) answer({ is: 'died', delivered })
      this.#waiting.clear()
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

  /** Rejects with `FrameTooLong`. */
  ask(
    type: FrameType,
    headJson: string,
    event: Uint8Array | undefined,
    log: InvocationLog | undefined,
  ): Promise<Answer> {
    if (!this.#open) return Promise.resolve({ is: 'died', delivered: false })
    const id = this.#nextId
    this.#nextId = id === 0xffff_ffff ? 1 : id + 1
    return new Promise((resolve) => {
      this.#writer.invoke(id, headJson, event ?? nothing, type)
      this.#waiting.set(id, { resolve, log })
    })
  }

  #receive(type: FrameType, id: number, payload: Buffer): void {
    if (type === frameType.log) {
      const log = this.#waiting.get(id)?.log ?? this.#backgroundLog
      log?.write(payload.toString('utf8'))
      return
    }
    const waiting = this.#waiting.get(id)
    if (!waiting) throw new Error(`an answer to ${id}, which was not asked`)
    if (type === frameType.result) {
      this.#waiting.delete(id)
      waiting.resolve(payload.length > answerBytesMax ? answerTooLarge : { is: 'result', body: payload })
    } else if (type === frameType.error) {
      this.#waiting.delete(id)
      waiting.resolve({ is: 'error', ...decodeError(payload) })
    } else {
      throw new Error(`a frame of type ${type}`)
    }
  }
}

const nothing = new Uint8Array(0)
const answerTooLarge: Answer = {
  is: 'error',
  kind: 'unhandled',
  fatal: false,
  body: badResponse('The response is larger than 32 MB.'),
}
