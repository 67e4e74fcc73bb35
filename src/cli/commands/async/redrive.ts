import { type Command, platformFlags } from '../../command.ts'
import { actOnLetters, allFlag } from './letters.ts'

export const asyncRedrive: Command = {
  summary: 'Put dead letters back into the queue, as if just accepted',
  usage: 'async redrive FUNCTION (REQUEST-ID...|--all) [FLAGS]',
  examples: [
    'hanshu async redrive hello --all',
    'hanshu async redrive hello 1-67a59f35-150c1267-f381ba1c085c',
  ],
  positionals: { min: 1, max: 1001 },
  flags: { ...allFlag, ...platformFlags },

  async run(args, terminal) {
    const count = await actOnLetters(args, terminal, { action: 'RedriveDeadLetters', verb: 'redrive' })
    terminal.print(`redriven: ${count}`)
    return 0
  },
}
