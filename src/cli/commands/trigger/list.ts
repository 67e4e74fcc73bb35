import { type Command, outputFlag, platformFlags, text } from '../../command.ts'
import { readOutput, table } from '../../output.ts'
import { connect } from '../../platform.ts'
import { harmless } from '../../watch/words.ts'
import { ageText, sourceText, triggerStates } from './trigger-state.ts'

export const triggerList: Command = {
  summary: 'List triggers, and how far their events have got',
  usage: 'trigger list [FUNCTION] [FLAGS]',
  details: [
    'WAITING are events that were not handed to the asynchronous queue yet, OLDEST is since when the first of them',
    'waits. Types that keep no events (http, timer) have neither.',
  ].join('\n'),
  examples: ['hanshu trigger list', 'hanshu trigger list thumbnails --output json'],
  positionals: { min: 0, max: 1 },
  flags: { ...outputFlag, ...platformFlags },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const platform = await connect(args, terminal)
    const states = await triggerStates(platform, args.positionals[0])
    if (output === 'json') {
      terminal.print(JSON.stringify(states, null, 2))
      return 0
    }
    const nowMs = terminal.clock.now()
    const rows = states.map((it) => [
      it.functionName,
      it.triggerName,
      it.triggerType,
      sourceText(it),
      String(it.waiting ?? ''),
      ageText(it.oldestTime, nowMs),
      it.pausedTime === undefined ? '' : `for ${ageText(it.pausedTime, nowMs)}`,
      it.lastError ? `${ageText(it.lastError.time, nowMs)} ago: ${firstLine(it.lastError.message)}` : '',
    ])
    const headings = ['FUNCTION', 'TRIGGER', 'TYPE', 'SOURCE', 'WAITING', 'OLDEST', 'PAUSED', 'LAST ERROR']
    for (const line of table(headings, rows)) terminal.print(line)
    return 0
  },
}

/** A table has a line for each; `hanshu trigger show` has all of it. */
const firstLine = (message: string): string => {
  const line = harmless(message.split('\n')[0] ?? '')
  return line.length > 80 ? `${line.slice(0, 79)}…` : line
}
