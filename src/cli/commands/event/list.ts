import type { Command } from '../../command.ts'
import { eventTypes } from '../../events/make-event.ts'
import { table } from '../../output.ts'

export const eventList: Command = {
  summary: 'List the types of events that can be made up, and what of each can be chosen',
  usage: 'event list',
  examples: ['hanshu event list'],
  positionals: { min: 0, max: 0 },
  flags: {},

  async run(_, terminal) {
    const rows = Object.entries(eventTypes).map(([name, { summary, fields }]) => [
      name,
      Object.keys(fields).join(', '),
      summary,
    ])
    for (const line of table(['type', 'parts', 'what happens'], rows)) terminal.print(line)
    return 0
  },
}
