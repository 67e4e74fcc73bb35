import { type Command, outputFlag, platformFlags, text } from '../command.ts'
import { readOutput } from '../output.ts'
import { connect } from '../platform.ts'
import { outline } from './status.ts'

export const scrub: Command = {
  summary: 'Have all copies of objects verified now, and see what was found',
  usage: 'scrub [FLAGS]',
  details:
    'The platform does so once a day by itself. It goes on in the background, at the rate of --scrub-mb-per-second; \n' +
    'hanshu status shows how far it is. Damaged and missing copies are written again from one that is whole.',
  examples: ['hanshu scrub', 'hanshu scrub --output json | jq .last.lostBlobs'],
  positionals: { min: 0, max: 0 },
  flags: { ...outputFlag, ...platformFlags },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const platform = await connect(args, terminal)
    const state = await platform.call<object>({
      action: 'ScrubObjects',
      method: 'POST',
      path: '/hanshu/scrub',
    })
    if (output === 'json') terminal.print(JSON.stringify(state, null, 2))
    else for (const line of outline(state)) terminal.print(line)
    return 0
  },
}
