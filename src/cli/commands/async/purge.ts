import { type Command, platformFlags } from '../../command.ts'
import { actOnLetters, allFlag } from './letters.ts'

export const asyncPurge: Command = {
  summary: 'Remove dead letters for good',
  usage: 'async purge FUNCTION (REQUEST-ID...|--all) [FLAGS]',
  examples: ['hanshu async purge hello --all', 'hanshu async purge hello 1-67a59f35-150c1267-f381ba1c085c'],
  positionals: { min: 1, max: 1001 },
  flags: { ...allFlag, ...platformFlags },

  async run(args, terminal) {
    const count = await actOnLetters(args, terminal, { action: 'PurgeDeadLetters', verb: 'purge' })
    terminal.print(`purged: ${count}`)
    return 0
  },
}
