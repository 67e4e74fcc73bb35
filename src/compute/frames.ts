import type { Duplex } from 'node:stream'

/** The platform's half of `runtimes/protocol.md`: what a built-in runtime and the platform say to each other. */
export const frameType = {
  bind: 1,
  invoke: 2,
  initialize: 3,
  preStop: 4,
  warm: 5,
  takeBack: 6,
  ready: 64,
  result: 65,
  error: 66,
  log: 67,
  returned: 68,
  took: 69,
} as const
export type FrameType = (typeof frameType)[keyof typeof frameType]

/** In the first byte of READY's payload, if it has one. */
export const readyFlag = { takesBack: 1 } as const

/** `fatal`: as unhandled, and the process exits next. */
export const errorKind = { handled: 1, unhandled: 2, fatal: 3 } as const

export const frameLengthMax = 64 * 1024 * 1024
const frameLengthMin = 5
const lengthBytes = 4
const headerBytes = lengthBytes + frameLengthMin

const knownTypes = new Set<number>(Object.values(frameType))

/** `payload` may be a view on the chunk that was pushed: copy what is kept for long, and of a LOG frame whatever is kept. */
export type OnFrame = (type: FrameType, id: number, payload: Buffer) => void

export class MalformedFrame extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MalformedFrame'
  }
}

/** Memory that is set aside for a frame before its bytes have come: the peer is not trusted to mean its length. */
const firstAllocationBytes = 256 * 1024
const spareBytesMax = 1024 * 1024

/**
 * Cuts a byte stream into frames. A frame that lies within one chunk is handed over as a view, without copying; one
 * that spans chunks is gathered in a buffer that doubles, so its bytes are moved twice at most on average.
 */
export class FrameDecoder {
  readonly #onFrame: OnFrame
  /** The beginning of a frame of which the rest is still to come. */
  #gathered: Buffer | undefined
  #gatheredBytes = 0
  /** Of a frame that is read: a function that prints without end would leave a large buffer behind for each piece. */
  #spare: Buffer | undefined

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame
  }

  /** Throws `MalformedFrame`; then the stream has no meaning any more and must be closed. */
  push(chunk: Buffer): void {
    let at = this.#gathered === undefined ? 0 : this.#complete(chunk)
    while (chunk.length - at >= headerBytes) {
      const end = at + lengthBytes + checkedLength(chunk.readUInt32BE(at))
      if (end > chunk.length) break
      this.#emit(chunk, at, end)
      at = end
    }
    if (at < chunk.length) this.#gather(chunk, at)
  }

  /** Adds to the frame that was begun; returns how much of the chunk belongs to it. */
  #complete(chunk: Buffer): number {
    let at = 0
    if (this.#gatheredBytes < headerBytes) {
      at = Math.min(headerBytes - this.#gatheredBytes, chunk.length)
      this.#append(chunk, 0, at)
      if (this.#gatheredBytes < headerBytes) return at
    }
    const frameBytes = lengthBytes + checkedLength(this.#gathered!.readUInt32BE(0))
    const taken = Math.min(frameBytes - this.#gatheredBytes, chunk.length - at)
    this.#append(chunk, at, at + taken)
    if (this.#gatheredBytes === frameBytes) {
      const frame = this.#gathered!
      this.#gathered = undefined
      this.#gatheredBytes = 0
      this.#emit(frame, 0, frameBytes)
      // Nobody keeps the bytes of a log line; those of an answer are on their way to the caller.
      if (frame[lengthBytes] === frameType.log && frame.length <= spareBytesMax) this.#spare = frame
    }
    return at + taken
  }

  #gather(chunk: Buffer, at: number): void {
    const known = chunk.length - at >= lengthBytes ? chunk.readUInt32BE(at) + lengthBytes : headerBytes
    const wanted = Math.max(headerBytes, Math.min(known, firstAllocationBytes))
    this.#gathered = this.#spare && this.#spare.length >= wanted ? this.#spare : Buffer.allocUnsafe(wanted)
    this.#spare = undefined
    this.#gatheredBytes = 0
    this.#append(chunk, at, chunk.length)
  }

  #append(chunk: Buffer, from: number, to: number): void {
    const needed = this.#gatheredBytes + to - from
    if (needed > this.#gathered!.length) {
      const frameBytes =
        this.#gatheredBytes < lengthBytes ? needed : lengthBytes + this.#gathered!.readUInt32BE(0)
      const larger = Buffer.allocUnsafe(Math.max(needed, Math.min(frameBytes, 2 * this.#gathered!.length)))
      this.#gathered!.copy(larger, 0, 0, this.#gatheredBytes)
      this.#gathered = larger
    }
    chunk.copy(this.#gathered!, this.#gatheredBytes, from, to)
    this.#gatheredBytes = needed
  }

  #emit(bytes: Buffer, at: number, end: number): void {
    const type = bytes[at + lengthBytes]!
    if (!knownTypes.has(type)) throw new MalformedFrame(`a frame of unknown type ${type}`)
    this.#onFrame(
      type as FrameType,
      bytes.readUInt32BE(at + lengthBytes + 1),
      bytes.subarray(at + headerBytes, end),
    )
  }
}

function checkedLength(length: number): number {
  if (length < frameLengthMin || length > frameLengthMax)
    throw new MalformedFrame(`a frame of length ${length}`)
  return length
}

export function encodeFrame(type: FrameType, id: number, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([encodeHeader(type, id, parts), ...parts])
}

export function encodeBind(bind: object): Buffer {
  return encodeFrame(frameType.bind, 0, Buffer.from(JSON.stringify(bind)))
}

export function encodeInvoke(
  id: number,
  headJson: string,
  event: Uint8Array,
  type: FrameType = frameType.invoke,
): Buffer {
  return encodeFrame(type, id, encodeHead(headJson), event)
}

/** The u16 length and the head's JSON, as INVOKE, INITIALIZE, PRE_STOP and WARM begin. */
export function encodeHead(headJson: string): Buffer {
  const bytes = Buffer.byteLength(headJson)
  if (bytes > 0xffff) throw new Error(`the head of a frame has at most 65535 bytes, this one has ${bytes}`)
  const head = Buffer.allocUnsafe(2 + bytes)
  head.writeUInt16BE(bytes, 0)
  head.write(headJson, 2)
  return head
}

/** What an ERROR frame holds. */
export function decodeError(payload: Buffer): {
  kind: 'handled' | 'unhandled'
  fatal: boolean
  body: Buffer
} {
  const kind = payload[0]
  if (kind !== errorKind.handled && kind !== errorKind.unhandled && kind !== errorKind.fatal) {
    throw new MalformedFrame(`an error of unknown kind ${kind}`)
  }
  return {
    kind: kind === errorKind.handled ? 'handled' : 'unhandled',
    fatal: kind === errorKind.fatal,
    body: payload.subarray(1),
  }
}

function encodeHeader(type: FrameType, id: number, parts: readonly Uint8Array[]): Buffer {
  let length = frameLengthMin
  for (const part of parts) length += part.length
  if (length > frameLengthMax) throw new FrameTooLong(length)
  const header = Buffer.allocUnsafe(headerBytes)
  header.writeUInt32BE(length, 0)
  header[lengthBytes] = type
  header.writeUInt32BE(id, lengthBytes + 1)
  return header
}

export class FrameTooLong extends Error {
  constructor(length: number) {
    super(`a frame has at most ${frameLengthMax} bytes, this one has ${length}`)
    this.name = 'FrameTooLong'
  }
}

/** Up to here the pieces of a batch are copied into one buffer: cheaper than a vectored write of many small ones. */
const joinedBytesMax = 64 * 1024

/**
 * Writes frames to a channel. What is written in one go (BIND, INITIALIZE, INVOKE) leaves as one write at the end of the
 * current callback, so a lone invocation does not wait. From the second batch of an event loop turn on, frames wait for
 * the end of the turn: under load many frames share a write.
 */
export class FrameWriter {
  readonly #channel: Duplex
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  #isScheduled = false
  #wroteThisTurn = false

  constructor(channel: Duplex) {
    this.#channel = channel
  }

  /** False when the channel holds more than it likes: then wait for `drained` before writing what can wait. */
  write(type: FrameType, id: number, ...parts: readonly Uint8Array[]): boolean {
    const header = encodeHeader(type, id, parts)
    this.#pending.push(header, ...parts)
    this.#pendingBytes += lengthBytes + header.readUInt32BE(0)
    if (!this.#isScheduled) {
      this.#isScheduled = true
      if (this.#wroteThisTurn) setImmediate(this.#flush)
      else process.nextTick(this.#flush)
    }
    return !this.#channel.writableNeedDrain && this.#pendingBytes < this.#channel.writableHighWaterMark
  }

  invoke(id: number, headJson: string, event: Uint8Array, type: FrameType = frameType.invoke): boolean {
    return this.write(type, id, encodeHead(headJson), event)
  }

  bind(bind: object): boolean {
    return this.write(frameType.bind, 0, Buffer.from(JSON.stringify(bind)))
  }

  /** Resolves when what was written is with the operating system, or the channel is gone. */
  async drained(): Promise<void> {
    this.#flush()
    const channel = this.#channel
    if (!channel.writableNeedDrain || channel.destroyed) return
    await new Promise<void>((resolve) => {
      const settle = () => {
        channel.off('drain', settle)
        channel.off('close', settle)
        resolve()
      }
      channel.on('drain', settle)
      channel.on('close', settle)
    })
  }

  readonly #flush = (): void => {
    this.#isScheduled = false
    const batch = this.#pending
    if (batch.length === 0) return
    const batchBytes = this.#pendingBytes
    this.#pending = []
    this.#pendingBytes = 0
    // A channel that is gone says so to its owner by 'close'; what is written to it goes where it went.
    if (this.#channel.destroyed || this.#channel.writableEnded) return
    if (batchBytes <= joinedBytesMax) {
      this.#channel.write(Buffer.concat(batch, batchBytes))
    } else {
      this.#channel.cork()
      for (const piece of batch) this.#channel.write(piece)
      this.#channel.uncork()
    }
    if (!this.#wroteThisTurn) {
      this.#wroteThisTurn = true
      setImmediate(() => {
        this.#wroteThisTurn = false
      })
    }
  }
}
