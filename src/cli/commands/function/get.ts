import { type Command, outputFlag, platformFlags, text } from '../../command.ts'
import { readOutput } from '../../output.ts'
import { connect, functionPath } from '../../platform.ts'
import { outline } from '../status.ts'

export const functionGet: Command = {
  summary: 'Show a function and its triggers',
  usage: 'function get NAME [FLAGS]',
  examples: ['hanshu function get hello', 'hanshu function get hello --qualifier 3 --output json'],
  positionals: { min: 1, max: 1 },
  flags: {
    qualifier: { value: 'NAME', help: 'A version, an alias or LATEST; default: LATEST.' },
    ...outputFlag,
    ...platformFlags,
  },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const functionName = args.positionals[0]!
    const platform = await connect(args, terminal)
    const found = await platform.call<object>({
      action: 'GetFunction',
      method: 'GET',
      path: functionPath(functionName),
      query: { qualifier: text(args, 'qualifier') },
    })
    const triggers = await platform.list<object>(
      { action: 'ListTriggers', method: 'GET', path: functionPath(functionName, '/triggers') },
      'triggers',
    )
    const answer = { ...found, triggers }
    if (output === 'json') terminal.print(JSON.stringify(answer, null, 2))
    else for (const line of outline(answer)) terminal.print(line)
    return 0
  },
}
