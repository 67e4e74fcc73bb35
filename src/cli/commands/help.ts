import type { Command } from '../command.ts'

/** What `hanshu help help` prints; `run.ts` answers `hanshu help` itself, because it knows the table. */
export const help: Command = {
  summary: 'Say more about a command',
  usage: 'help [COMMAND]',
  examples: ['hanshu help deploy', 'hanshu help function list'],
  positionals: { min: 0, max: 2 },
  flags: {},
  run: async () => 0,
}
