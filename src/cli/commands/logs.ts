import { type Command, isSet, outputFlag, platformFlags, text } from '../command.ts'
import { CommandFailed, UsageError } from '../errors.ts'
import { linesOf } from '../http.ts'
import { readOutput } from '../output.ts'
import { connect } from '../platform.ts'

interface LogLine {
  time: string
  requestId?: string
  instanceId?: string
  qualifier?: string
  message: string
}

export const logs: Command = {
  summary: 'Read what a function wrote',
  usage: 'logs NAME [FLAGS]',
  examples: [
    'hanshu logs hello',
    'hanshu logs hello --follow',
    'hanshu logs hello --since 10m --tail 100',
    'hanshu logs hello --request-id 1-67a59f35-150c1267-f381ba1c085c',
    'hanshu logs hello --output json | jq .message',
  ],
  positionals: { min: 1, max: 1 },
  flags: {
    follow: { help: 'Go on with what is written from now; Ctrl-C ends it.' },
    since: {
      value: 'TIME',
      help: 'How long ago (90s, 10m, 2h, 1d) or when (2026-01-31T08:00:00Z) to begin.',
    },
    tail: { value: 'N', help: 'Only the last N lines of what there is; default: 1000.' },
    'request-id': { value: 'ID', help: 'Only lines of this invocation.' },
    'instance-id': { value: 'ID', help: 'Only lines of this instance.' },
    ...outputFlag,
    ...platformFlags,
  },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const since = text(args, 'since')
    const tail = text(args, 'tail')
    if (tail !== undefined && !/^\d{1,9}$/.test(tail))
      throw new UsageError(`--tail is a number of lines, not ${tail}.`)
    const query = {
      since: since === undefined ? undefined : startOf(since, terminal.clock.now()),
      limit: tail,
      requestId: text(args, 'request-id'),
      instanceId: text(args, 'instance-id'),
      follow: isSet(args, 'follow') ? 'true' : undefined,
    }
    const platform = await connect(args, terminal)
    const path = `/hanshu/functions/${encodeURIComponent(args.positionals[0]!)}/logs`
    try {
      const response = await platform.open({ action: 'ReadFunctionLogs', method: 'GET', path, query })
      for await (const line of linesOf(response)) {
        if (line !== '') terminal.print(output === 'json' ? line : readable(line))
      }
    } catch (error) {
      // Ctrl-C is how following ends.
      if (!terminal.signal.aborted) throw error
    }
    return 0
  },
}

function readable(line: string): string {
  let entry: LogLine
  try {
    entry = JSON.parse(line)
  } catch (error) {
    throw new CommandFailed(`The platform sent a log line that is not JSON: ${line.slice(0, 200)}`, {
      cause: error,
    })
  }
  // Runtimes write a newline within one message as a carriage return.
  return `${entry.time} ${entry.requestId || '-'} ${entry.message.trimEnd().replaceAll('\r', '\n  ')}`
}

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export function startOf(typed: string, nowMs: number): string {
  const ago = /^(\d{1,6})([smhd])$/.exec(typed)
  if (ago) return new Date(nowMs - Number(ago[1]) * unitsMs[ago[2]!]!).toISOString()
  const timeMs = /^\d{4}-\d\d-\d\d/.test(typed) ? Date.parse(typed) : Number.NaN
  if (Number.isNaN(timeMs)) {
    throw new UsageError(
      `--since is how long ago (90s, 10m, 2h, 1d) or when (2026-01-31T08:00:00Z), not ${typed}.`,
    )
  }
  return new Date(timeMs).toISOString()
}
