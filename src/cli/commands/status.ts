import { type Command, outputFlag, platformFlags, text } from '../command.ts'
import { readOutput } from '../output.ts'
import { connect } from '../platform.ts'

export const status: Command = {
  summary:
    'Show what the platform is doing: sandbox, pools, instances and asynchronous queue by function, memory',
  usage: 'status [FLAGS]',
  examples: ['hanshu status', 'hanshu status --output json'],
  positionals: { min: 0, max: 0 },
  flags: { ...outputFlag, ...platformFlags },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const platform = await connect(args, terminal)
    const answer = await platform.call<Record<string, unknown>>({
      action: 'ReadPlatformStatus',
      method: 'GET',
      path: '/hanshu/status',
    })
    if (output === 'json') terminal.print(JSON.stringify(answer, null, 2))
    else for (const line of outline(answer)) terminal.print(line)
    return 0
  },
}

/** Whatever the platform tells, as an outline: it may tell more tomorrow than this command knows today. */
export function outline(value: object, indent = ''): string[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    const label = Array.isArray(value) ? '-' : `${name}:`
    if (inner === null || typeof inner !== 'object') return [`${indent}${label} ${inner}`]
    if (Object.keys(inner).length === 0) return [`${indent}${label} none`]
    const flat = Object.values(inner).every((leaf) => leaf === null || typeof leaf !== 'object')
    if (flat && Array.isArray(inner)) return [`${indent}${label} ${inner.join(', ')}`]
    if (flat && Array.isArray(value)) {
      return [
        `${indent}${label} ${Object.entries(inner)
          .map(([key, leaf]) => `${key} ${leaf}`)
          .join(', ')}`,
      ]
    }
    return [`${indent}${label}`, ...outline(inner, `${indent}  `)]
  })
}
