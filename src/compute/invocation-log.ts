import type { LogSink } from './log-sink.ts'

/** As the vendor: `X-Fc-Log-Result` carries the last 4 KB. */
export const logTailBytes = 4096

/** As the vendor: one log line holds 32 KB at most. */
const lineCharactersMax = 32 * 1024

export interface LogOrigin {
  accountId: string
  functionName: string
  qualifier: string
  instanceId: string
}

/**
 * The log of one invocation (or hook): `FC Invoke Start`, what the function prints, `FC Invoke End`, the figures.
 * Each piece goes to the sink as it comes, so that followers see a long invocation live; the first line waits for the
 * second, so that a silent invocation costs one write.
 */
export class InvocationLog {
  readonly requestId: string
  readonly #origin: LogOrigin
  readonly #sink: LogSink
  readonly #now: () => number
  #held = ''
  #tail: string | undefined

  constructor(
    origin: LogOrigin,
    {
      requestId,
      wantTail,
      sink,
      now,
    }: { requestId: string; wantTail: boolean; sink: LogSink; now: () => number },
  ) {
    this.#origin = origin
    this.requestId = requestId
    this.#sink = sink
    this.#now = now
    this.#tail = wantTail ? '' : undefined
  }

  /** Kept until the next write. */
  hold(line: string): void {
    this.#held += `${line}\n`
  }

  /** `text` is whole lines, each ended by a newline. */
  write(text: string): void {
    const all = this.#held + cutLongLines(text)
    this.#held = ''
    if (this.#tail !== undefined) {
      // A character takes one to three bytes here; what is cut too generously now is cut exactly when it is read.
      const joined = this.#tail + all
      this.#tail = joined.length > 2 * logTailBytes ? joined.slice(-logTailBytes) : joined
    }
    this.#sink.write({ ...this.#origin, requestId: this.requestId, timeMs: this.#now(), text: all })
  }

  /** Undefined when nobody asked for it. */
  tail(): Uint8Array | undefined {
    if (this.#tail === undefined) return undefined
    const bytes = Buffer.from(this.#tail)
    if (bytes.length <= logTailBytes) return bytes
    let start = bytes.length - logTailBytes
    // Not in the middle of a UTF-8 sequence.
    while (start < bytes.length && (bytes[start]! & 0xc0) === 0x80) start++
    return bytes.subarray(start)
  }
}

function cutLongLines(text: string): string {
  if (!hasLongLine(text)) return text
  return text
    .split('\n')
    .map((line) =>
      line.length > lineCharactersMax
        ? `${line.slice(0, lineCharactersMax)}... Truncated by FunctionCompute`
        : line,
    )
    .join('\n')
}

function hasLongLine(text: string): boolean {
  for (let start = 0; text.length - start > lineCharactersMax; ) {
    const end = text.indexOf('\n', start)
    if (end < 0 || end - start > lineCharactersMax) return true
    start = end + 1
  }
  return false
}
