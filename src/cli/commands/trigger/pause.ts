import { type Arguments, type Command, platformFlags } from '../../command.ts'
import { connect } from '../../platform.ts'
import type { Terminal } from '../../terminal.ts'
import { triggerPath } from './trigger-state.ts'

export const triggerPause: Command = {
  summary: 'Hold back the events of a trigger; none is lost',
  usage: 'trigger pause FUNCTION TRIGGER [FLAGS]',
  details: 'Events are kept from now on, over restarts too, and handed on in their order when it is resumed.',
  examples: ['hanshu trigger pause thumbnails on-upload'],
  positionals: { min: 2, max: 2 },
  flags: platformFlags,
  run: (args, terminal) => setPaused(args, terminal, true),
}

export const triggerResume: Command = {
  summary: 'Hand on the events of a trigger again, those first that were held back',
  usage: 'trigger resume FUNCTION TRIGGER [FLAGS]',
  examples: ['hanshu trigger resume thumbnails on-upload'],
  positionals: { min: 2, max: 2 },
  flags: platformFlags,
  run: (args, terminal) => setPaused(args, terminal, false),
}

async function setPaused(args: Arguments, terminal: Terminal, paused: boolean): Promise<number> {
  const [functionName = '', triggerName = ''] = args.positionals
  const platform = await connect(args, terminal)
  await platform.call({
    action: paused ? 'PauseTrigger' : 'ResumeTrigger',
    method: paused ? 'PUT' : 'DELETE',
    path: triggerPath(functionName, triggerName, '/paused'),
  })
  terminal.print(`${paused ? 'paused' : 'resumed'} ${functionName}/${triggerName}`)
  return 0
}
