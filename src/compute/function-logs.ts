import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { StreamStore } from '../ports/streams.ts'
import type { LogEntry, LogSink } from './log-sink.ts'
import { sharedRuns } from './shared-runs.ts'

/** One line of a function's log, as it is read back. */
export interface LogLine {
  time: string
  functionName: string
  qualifier: string
  instanceId: string
  requestId: string
  message: string
}

export interface LogQuery {
  accountId: string
  functionName: string
  requestId?: string
  instanceId?: string
  /** Lines at or after this time. */
  sinceMs?: number
  /** Opaque, from an earlier answer: what comes after it. */
  cursor?: string
  /** Keep the newest lines only. */
  tail?: number
}

export interface FunctionLogs extends LogSink {
  /** Lines that are kept, oldest first; with `follow` it goes on with new ones until `signal` is aborted. */
  read(
    query: LogQuery,
    options: { follow: boolean; signal: AbortSignal },
  ): AsyncIterable<{ line: LogLine; cursor: string }>
  /** Forgets a function's log. */
  remove(accountId: string, functionName: string): Promise<void>
  /**
   * Forgets the logs of functions that are not there: a crash came between the removal of the function and that of its log,
   * or the last words of an instance came after both. For the start, before anything is written. Answers how many.
   */
  sweepAtStart(exists: (accountId: string, functionName: string) => Promise<boolean>): Promise<number>
  /** Makes durable what was written so far. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** Lines wait this long at most before they are made durable together. */
const flushAfterMs = 100
/** Per function; beyond it lines are dropped and counted, so that a function that floods its log cannot fill the memory. */
const pendingCharactersMax = 2 * 1024 * 1024
/** What one write costs beside its text, in memory and in the stream: a flood of empty lines is a flood as well. */
const writeCharacters = 128
/** What has grown to this does not wait for its time. */
const promptCharacters = 512 * 1024
const batchCharactersMax = 512 * 1024
const readBatch = 64

interface Pending {
  entries: LogEntry[]
  characters: number
  dropped: number
}

/** The log of every function, kept in one stream each, the oldest forgotten when it grows past its bound. */
export function functionLogs({
  streams,
  clock,
  log,
  bytesMaxPerFunction,
}: {
  streams: StreamStore
  clock: Clock
  log: Logger
  bytesMaxPerFunction: number
}): FunctionLogs {
  const pending = new Map<string, Pending>()
  const followers = new Map<string, Set<() => void>>()
  let timer: (() => void) | undefined

  function write(entry: LogEntry): void {
    const name = streamName(entry.accountId, entry.functionName)
    let waiting = pending.get(name)
    if (!waiting) {
      waiting = { entries: [], characters: 0, dropped: 0 }
      pending.set(name, waiting)
    }
    const last = waiting.entries.at(-1)
    const goesOn =
      last !== undefined &&
      last.timeMs === entry.timeMs &&
      last.requestId === entry.requestId &&
      last.instanceId === entry.instanceId &&
      last.qualifier === entry.qualifier
    const characters = entry.text.length + (goesOn ? 0 : writeCharacters)
    if (waiting.characters + characters > pendingCharactersMax) {
      waiting.dropped += 1
      return
    }
    waiting.characters += characters
    // Writes within a millisecond are one: their lines would be read back the same.
    if (goesOn) last.text += entry.text
    else waiting.entries.push({ ...entry })
    if (waiting.characters > promptCharacters) void flush()
    timer ??= clock.after(flushAfterMs, () => {
      timer = undefined
      void flush()
    })
  }

  /** What is written while this is under way waits for its own time: a commit per line would cost more than the calls. */
  const flush = sharedRuns(writePending)

  async function writePending(): Promise<void> {
    const batch = [...pending]
    pending.clear()
    await Promise.all(
      batch.map(async ([name, { entries, dropped }]) => {
        const last = entries.at(-1)
        if (dropped > 0 && last) {
          entries.push({
            ...last,
            requestId: '',
            text: `${dropped} writes were dropped: the function logs faster than can be kept\n`,
          })
        }
        try {
          await append(name, entries)
        } catch (error) {
          log.error({ err: error, stream: name, lines: entries.length }, 'lines of a function log were lost')
        }
      }),
    )
  }

  async function append(name: string, entries: LogEntry[]): Promise<void> {
    const batches: Buffer[] = []
    for (let start = 0; start < entries.length; ) {
      let end = start
      for (
        let characters = 0;
        end < entries.length && (end === start || characters < batchCharactersMax);
        end++
      ) {
        characters += entries[end]!.text.length + writeCharacters
      }
      batches.push(encode(entries.slice(start, end)))
      start = end
    }
    if (batches.length === 0) return
    const last = await streams.append(name, batches)
    for (const wake of followers.get(name) ?? []) wake()
    await keepBound(name, last)
  }

  /** Trims by quarters, so that it is seldom done. */
  async function keepBound(name: string, last: number): Promise<void> {
    for (;;) {
      const info = await streams.stat(name)
      // The newest entry stays, however large it is.
      if (!info || info.sizeBytes <= bytesMaxPerFunction || info.first >= last) return
      const entriesKept = info.last - info.first + 1
      await streams.trim(name, Math.min(last, info.first + Math.ceil(entriesKept / 4)))
    }
  }

  async function* stored(
    name: string,
    query: LogQuery,
    from: { sequence: number; skip: number },
  ): AsyncGenerator<{ line: LogLine; cursor: string; next: { sequence: number; skip: number } }> {
    for (let { sequence, skip } = from; ; ) {
      const entries = await streams.read(name, {
        from: sequence,
        limit: readBatch,
        bytesMax: 4 * 1024 * 1024,
      })
      if (entries.length === 0) return
      for (const entry of entries) {
        const lines = decode(query.functionName, entry.data)
        for (let index = entry.sequence === from.sequence ? skip : 0; index < lines.length; index++) {
          const { timeMs, line } = lines[index]!
          if (query.requestId !== undefined && line.requestId !== query.requestId) continue
          if (query.instanceId !== undefined && line.instanceId !== query.instanceId) continue
          if (query.sinceMs !== undefined && timeMs < query.sinceMs) continue
          const next = { sequence: entry.sequence, skip: index + 1 }
          yield { line, cursor: `${next.sequence}.${next.skip}`, next }
        }
        skip = 0
      }
      sequence = entries.at(-1)!.sequence + 1
    }
  }

  return {
    write,
    flush,

    async *read(query, { follow, signal }) {
      const name = streamName(query.accountId, query.functionName)
      await flush()
      let position = parseCursor(query.cursor)
      let news = Promise.withResolvers<void>()
      const wake = () => news.resolve()
      const listeners = followers.get(name) ?? new Set()
      followers.set(name, listeners.add(wake))
      signal.addEventListener('abort', wake)
      try {
        let kept: { line: LogLine; cursor: string }[] | undefined = query.tail === undefined ? undefined : []
        while (!signal.aborted) {
          news = Promise.withResolvers<void>()
          const end = (await streams.stat(name))?.last ?? 0
          for await (const { line, cursor, next } of stored(name, query, position)) {
            position = next
            if (kept === undefined) yield { line, cursor }
            else if (kept.push({ line, cursor }) > query.tail!) kept.shift()
            if (signal.aborted) return
          }
          if (kept) yield* kept
          kept = undefined
          if (!follow) return
          // What did not match is not read again.
          if (end >= position.sequence) position = { sequence: end + 1, skip: 0 }
          const now = (await streams.stat(name))?.last ?? 0
          if (now <= end) await news.promise
        }
      } finally {
        signal.removeEventListener('abort', wake)
        listeners.delete(wake)
        if (listeners.size === 0) followers.delete(name)
      }
    },

    async remove(accountId, functionName) {
      const name = streamName(accountId, functionName)
      await flush()
      pending.delete(name)
      await streams.remove(name)
    },

    async sweepAtStart(exists) {
      let removed = 0
      for (const name of await streams.list(namePrefix)) {
        const [accountId = '', functionName = ''] = name.slice(namePrefix.length).split('/')
        if (await exists(accountId, functionName)) continue
        await streams.remove(name)
        removed++
      }
      return removed
    },

    async close() {
      timer?.()
      // An instance's last words may come while those before are written.
      do await flush()
      while (pending.size > 0)
    },
  }
}

const namePrefix = 'function-logs/'
const streamName = (accountId: string, functionName: string): string =>
  `${namePrefix}${accountId}/${functionName}`

function parseCursor(cursor: string | undefined): { sequence: number; skip: number } {
  const match = /^(\d{1,15})\.(\d{1,9})$/.exec(cursor ?? '')
  return match ? { sequence: Number(match[1]), skip: Number(match[2]) } : { sequence: 1, skip: 0 }
}

/** One header line per write, then its lines, each marked: no JSON on the way in, where it would cost every invocation. */
function encode(entries: readonly LogEntry[]): Buffer {
  let text = ''
  for (const { timeMs, requestId, instanceId, qualifier, text: lines } of entries) {
    text += `\u0001${timeMs}\t${requestId}\t${instanceId}\t${qualifier}\n${lines.includes('\u0001') ? lines.replaceAll('\u0001', '\uFFFD') : lines}`
  }
  return Buffer.from(text)
}

function decode(functionName: string, data: Uint8Array): { timeMs: number; line: LogLine }[] {
  return Buffer.from(data)
    .toString('utf8')
    .split('\u0001')
    .slice(1)
    .flatMap((piece) => {
      const [head, ...lines] = piece.split('\n')
      const [time, requestId, instanceId, qualifier] = head!.split('\t')
      const timeMs = Number(time)
      if (lines.at(-1) === '') lines.pop()
      return lines.map((message) => ({
        timeMs,
        line: {
          time: new Date(timeMs).toISOString(),
          functionName,
          qualifier: qualifier ?? '',
          instanceId: instanceId ?? '',
          requestId: requestId ?? '',
          message,
        },
      }))
    })
}
