import { type Command, outputFlag, platformFlags, text } from '../command.ts'
import { readOutput, table } from '../output.ts'
import { connect } from '../platform.ts'
import { type Activity, activity } from '../watch/activity.ts'
import { type PlatformStatus, readStatus } from '../watch/platform-status.ts'
import { sorted } from '../watch/top-view.ts'
import { age, harmless, milliseconds } from '../watch/words.ts'

export const status: Command = {
  summary:
    'Show what the platform is doing: sandbox, pools, memory; of each function calls, instances and queue',
  usage: 'status [FLAGS]',
  examples: ['hanshu status', 'hanshu status --output json'],
  positionals: { min: 0, max: 0 },
  flags: { ...outputFlag, ...platformFlags },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const platform = await connect(args, terminal)
    const answer = await readStatus(platform)
    if (output === 'json') terminal.print(JSON.stringify(answer, null, 2))
    else for (const line of readable(answer)) terminal.print(line)
    return 0
  },
}

/** A table of functions, and one of pools; the rest as an outline. */
export function readable(status: PlatformStatus & Record<string, unknown>): string[] {
  if (!Array.isArray(status.functions)) return outline(status)
  const { uptimeSeconds, memory, pools, functions, instances, asyncQueue, ...rest } = status
  const { atMs, durationBoundsSeconds, asyncQueueDepth, ...others } = rest
  const active = sorted(activity(status), 'calls')
  return [
    ...outline(others),
    `up: ${age(uptimeSeconds)}`,
    `memory: ${memory?.rssMb ?? '?'} MB`,
    ...(Array.isArray(pools) && pools.length > 0
      ? ['', ...table(['IMAGE', 'READY', 'BOOTING', 'WANTED'], pools.map(poolRow))]
      : []),
    '',
    ...(active.length === 0
      ? ['No function has been called since the start.']
      : table(
          ['FUNCTION', 'CALLS', 'ERRORS', 'P50', 'P95', 'QUEUED', 'OLDEST', 'INSTANCES'],
          active.map(row),
        )),
  ]
}

const poolRow = ({ image, ready, booting, wanted }: Record<string, unknown>): string[] =>
  [image, ready, booting, wanted].map(String).map(harmless)

const row = (one: Activity): string[] => [
  harmless(one.functionName),
  String(one.calls),
  String(one.errors),
  milliseconds(one.p50Ms),
  milliseconds(one.p95Ms),
  String(one.queued),
  age(one.oldestQueuedSeconds),
  Object.entries(one.instances)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ') || '-',
]

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
