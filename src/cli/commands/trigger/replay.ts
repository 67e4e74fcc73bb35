import { type Command, platformFlags } from '../../command.ts'
import { connect } from '../../platform.ts'
import { triggerPath } from './trigger-state.ts'

export const triggerReplay: Command = {
  summary: 'Call the function again with those events of a trigger that were given up',
  usage: 'trigger replay FUNCTION TRIGGER [FLAGS]',
  details: [
    'Those are the dead letters of the function that came by this trigger; hanshu async dead-letters lists them all.',
  ].join('\n'),
  examples: ['hanshu trigger replay thumbnails on-upload'],
  positionals: { min: 2, max: 2 },
  flags: platformFlags,

  async run(args, terminal) {
    const [functionName = '', triggerName = ''] = args.positionals
    const platform = await connect(args, terminal)
    const { count } = await platform.call<{ count: number }>({
      action: 'ReplayTrigger',
      method: 'POST',
      path: triggerPath(functionName, triggerName, '/replay'),
    })
    terminal.print(`replayed: ${count}`)
    return 0
  },
}
