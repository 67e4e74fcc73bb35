import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Arguments, type Command, isSet, platformFlags, text } from '../command.ts'
import { CommandFailed, UsageError } from '../errors.ts'
import { connect, functionPath, type Platform } from '../platform.ts'
import type { Terminal } from '../terminal.ts'

export const invoke: Command = {
  summary: 'Invoke a function: its answer goes to standard output, the end of its log to standard error',
  usage: 'invoke NAME [--event TEXT | --event-file FILE | --trigger TYPE] [FLAGS]',
  details: 'The exit code is 1 when the function failed. With --async the answer is the request id.',
  examples: [
    'hanshu invoke hello',
    `hanshu invoke hello --event '{"name": "world"}' --tail`,
    'hanshu invoke resize --event-file event.json --qualifier prod',
    'cat event.json | hanshu invoke resize --event-file -',
    'hanshu invoke resize --trigger oss --set bucket=photos --set key=a.jpg',
    'hanshu invoke report --async',
  ],
  positionals: { min: 1, max: 1 },
  flags: {
    event: { value: 'TEXT', short: 'e', help: 'What the handler is given; default: nothing.' },
    'event-file': { value: 'FILE', short: 'f', help: 'A file with the event; - is standard input.' },
    trigger: { value: 'TYPE', help: 'Make up the event of such a trigger (hanshu event list).' },
    set: { value: 'NAME=VALUE', help: 'With --trigger: a part of the event.', repeatable: true },
    qualifier: { value: 'NAME', help: 'A version, an alias or LATEST; default: LATEST.' },
    async: { help: 'Queue the event and return at once.' },
    'task-id': { value: 'ID', help: 'With --async: a name for it; the same name is not taken twice.' },
    tail: { help: 'Print the last 4 KB of the log of this invocation.' },
    ...platformFlags,
  },

  async run(args, terminal) {
    const functionName = args.positionals[0]!
    refuseTwoEvents(args)
    const isAsync = isSet(args, 'async')
    const taskId = text(args, 'task-id')
    if (taskId !== undefined && !isAsync) throw new UsageError('--task-id goes with --async.')

    const platform = await connect(args, terminal)
    const event = await readEvent(args, platform, terminal)
    const response = await platform.open({
      action: 'InvokeFunction',
      method: 'POST',
      path: functionPath(functionName, '/invocations'),
      query: { qualifier: text(args, 'qualifier') },
      headers: {
        'content-type': 'application/octet-stream',
        'x-fc-invocation-type': isAsync ? 'Async' : 'Sync',
        'x-fc-log-type': isSet(args, 'tail') ? 'Tail' : 'None',
        ...(taskId === undefined ? {} : { 'x-fc-async-task-id': taskId }),
      },
      body: event,
    })
    if (isAsync) {
      response.resume()
      terminal.print(String(response.headers['x-fc-request-id'] ?? ''))
      return 0
    }
    let lastByte: number | undefined
    for await (const chunk of response) {
      await terminal.write(chunk as Buffer)
      lastByte = (chunk as Buffer).at(-1)
    }
    if (lastByte !== undefined && lastByte !== 10) terminal.print('')

    const log = response.headers['x-fc-log-result']
    if (typeof log === 'string') terminal.note(Buffer.from(log, 'base64').toString().trimEnd())
    const errorType = response.headers['x-fc-error-type']
    if (errorType === undefined) return 0
    terminal.note(`The function failed: ${errorType} (request ${response.headers['x-fc-request-id']}).`)
    return 1
  },
}

function refuseTwoEvents(args: Arguments): void {
  const given = ['event', 'event-file', 'trigger'].filter((name) => text(args, name) !== undefined)
  if (given.length > 1) throw new UsageError('Only one of --event, --event-file and --trigger.')
  if (args.flags['set'] !== undefined && !given.includes('trigger'))
    throw new UsageError('--set goes with --trigger.')
}

async function readEvent(args: Arguments, platform: Platform, terminal: Terminal): Promise<Buffer> {
  const event = text(args, 'event')
  const file = text(args, 'event-file')
  const type = text(args, 'trigger')
  if (type !== undefined) return madeUp(type, args, platform, terminal)
  if (file === undefined) return Buffer.from(event ?? '')
  if (file === '-') return terminal.readInput()
  return readFile(resolve(terminal.workingDir, file)).catch((error: Error) => {
    throw new CommandFailed(`Cannot read the event: ${error.message}`, { cause: error })
  })
}

async function madeUp(
  type: string,
  args: Arguments,
  { accountId, region }: Platform,
  terminal: Terminal,
): Promise<Buffer> {
  const { makeEvent } = await import('../events/make-event.ts')
  const given: Record<string, string> = {}
  for (const pair of (args.flags['set'] ?? []) as readonly string[]) {
    const at = pair.indexOf('=')
    if (at < 1) throw new UsageError(`--set is NAME=VALUE, not ${pair}.`)
    given[pair.slice(0, at)] = pair.slice(at + 1)
  }
  return makeEvent({ type, given, accountId, region }, terminal)
}
