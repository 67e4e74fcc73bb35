import { type Command, isSet, outputFlag, platformFlags, text } from '../../command.ts'
import { readOutput, table } from '../../output.ts'
import { connect } from '../../platform.ts'
import { deadLettersPath } from './letters.ts'

interface DeadLetter {
  requestId: string
  what: string
  destination?: string
  because: string
  condition: string
  diedTime: string
  attempts: number
  payloadBase64?: string
}

export const asyncDeadLetters: Command = {
  summary: 'List what of asynchronous invocations could not be delivered',
  usage: 'async dead-letters FUNCTION [FLAGS]',
  details: [
    'An event is a dead letter when it was given up (it failed as often as it may, grew too old,',
    'or lost its function) and its function has no destination for failures; an outcome is one',
    'when its destination did not take it. Of each function the newest 1000 are kept for 14 days.',
  ].join('\n'),
  examples: [
    'hanshu async dead-letters hello',
    'hanshu async dead-letters hello --payload --output json | jq -r ".[].payloadBase64"',
  ],
  positionals: { min: 1, max: 1 },
  flags: { payload: { help: 'With what they carry, in base64.' }, ...outputFlag, ...platformFlags },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const withPayload = isSet(args, 'payload')
    const platform = await connect(args, terminal)
    const query = withPayload ? { includePayload: 'true' } : {}
    const letters = await platform.list<DeadLetter>(
      { action: 'ListDeadLetters', method: 'GET', path: deadLettersPath(args.positionals[0]!), query },
      'deadLetters',
    )
    if (output === 'json') {
      terminal.print(JSON.stringify(letters, null, 2))
      return 0
    }
    const headings = ['DIED', 'REQUEST', 'ATTEMPTS', 'WHY', ...(withPayload ? ['PAYLOAD'] : [])]
    const rows = letters.map((it) => [
      it.diedTime,
      it.requestId,
      String(it.attempts),
      `${it.condition}: ${it.because}${it.destination ? ` (outcome for ${it.destination})` : ''}`,
      ...(withPayload ? [it.payloadBase64 ?? ''] : []),
    ])
    for (const line of table(headings, rows)) terminal.print(line)
    return 0
  },
}
