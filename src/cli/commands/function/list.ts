import { type Command, outputFlag, platformFlags, text } from '../../command.ts'
import { readOutput, table } from '../../output.ts'
import { API, connect } from '../../platform.ts'

interface FunctionSummary {
  functionName: string
  runtime: string
  memorySize: number
  timeout: number
  state?: string
  lastModifiedTime: string
}

export const functionList: Command = {
  summary: 'List functions',
  usage: 'function list [--prefix TEXT] [FLAGS]',
  examples: ['hanshu function list', 'hanshu function list --prefix shop- --output json'],
  positionals: { min: 0, max: 0 },
  flags: { prefix: { value: 'TEXT', help: 'Only names that begin so.' }, ...outputFlag, ...platformFlags },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const platform = await connect(args, terminal)
    const functions = await platform.list<FunctionSummary>(
      {
        action: 'ListFunctions',
        method: 'GET',
        path: `${API}/functions`,
        query: { prefix: text(args, 'prefix') },
      },
      'functions',
    )
    if (output === 'json') {
      terminal.print(JSON.stringify(functions, null, 2))
      return 0
    }
    const rows = functions.map((it) => [
      it.functionName,
      it.runtime,
      `${it.memorySize} MB`,
      `${it.timeout} s`,
      it.state ?? '',
      it.lastModifiedTime,
    ])
    for (const line of table(['NAME', 'RUNTIME', 'MEMORY', 'TIMEOUT', 'STATE', 'MODIFIED'], rows))
      terminal.print(line)
    return 0
  },
}
