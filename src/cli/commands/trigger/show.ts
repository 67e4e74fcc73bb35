import { type Command, outputFlag, platformFlags, text } from '../../command.ts'
import { readOutput } from '../../output.ts'
import { connect, functionPath } from '../../platform.ts'
import { outline } from '../status.ts'
import { type TriggerState, triggerPath } from './trigger-state.ts'

export const triggerShow: Command = {
  summary: 'Show a trigger: what it is set to, and how far its events have got',
  usage: 'trigger show FUNCTION TRIGGER [FLAGS]',
  examples: ['hanshu trigger show thumbnails on-upload'],
  positionals: { min: 2, max: 2 },
  flags: { ...outputFlag, ...platformFlags },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const [functionName = '', triggerName = ''] = args.positionals
    const platform = await connect(args, terminal)
    const trigger = await platform.call<{ triggerConfig?: string }>({
      action: 'GetTrigger',
      method: 'GET',
      path: functionPath(functionName, `/triggers/${encodeURIComponent(triggerName)}`),
    })
    const state = await platform.call<TriggerState>({
      action: 'ReadTriggerState',
      method: 'GET',
      path: triggerPath(functionName, triggerName),
    })
    const answer = { ...trigger, ...state, triggerConfig: parsed(trigger.triggerConfig) }
    if (output === 'json') terminal.print(JSON.stringify(answer, null, 2))
    else for (const line of outline(answer)) terminal.print(line)
    return 0
  },
}

/** The API has it as JSON in a text, which is hard to read. */
function parsed(triggerConfig: string | undefined): unknown {
  if (triggerConfig === undefined) return undefined
  try {
    return JSON.parse(triggerConfig)
  } catch {
    return triggerConfig
  }
}
