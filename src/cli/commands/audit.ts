import { type Arguments, type Command, isSet, outputFlag, text } from '../command.ts'
import { CommandFailed, UsageError } from '../errors.ts'
import { numberFlag } from '../number-flag.ts'
import { readOutput, table } from '../output.ts'
import { findProduct, productFlags } from '../product.ts'
import { rpcClient } from '../rpc.ts'
import type { Terminal } from '../terminal.ts'

interface AuditEvent {
  eventTime: string
  serviceName: string
  eventName: string
  resourceName?: string
  errorCode?: string
  sourceIpAddress: string
  requestId: string
  userIdentity: { userName: string }
}

interface Page {
  Events: AuditEvent[]
  NextToken?: string
}

const PAGE_SIZE = 50
const LIMIT_USUAL = 50
const LIMIT_MAX = 120_000

/** Flags that are conditions, by the name that the API has for them; it takes two at once. */
const conditionFlags = {
  user: { key: 'User', value: 'NAME', help: 'Only calls of this user; "root" is the account.' },
  event: { key: 'EventName', value: 'NAME', help: 'Only calls of this operation: CreateFunction.' },
  service: {
    key: 'ServiceName',
    value: 'NAME',
    help: 'Only calls of this product: Fc, Oss, Ots, Mns, Ram, Sts.',
  },
  resource: { key: 'ResourceName', value: 'NAME', help: 'Only calls about what is called so.' },
  key: { key: 'EventAccessKeyId', value: 'ID', help: 'Only calls by this access key.' },
  source: { key: 'SourceIpAddress', value: 'ADDRESS', help: 'Only calls from there.' },
} as const

export const audit: Command = {
  summary: 'Show who called which operation of the control plane',
  usage: 'audit [FLAGS]',
  details:
    'Newest first, of the last seven days unless --since says otherwise. Calls of the data plane\n' +
    '(invocations, rows, messages, objects) are not recorded. At most two conditions at once.',
  examples: [
    'hanshu audit',
    'hanshu audit --user ann --writes',
    'hanshu audit --event DeleteFunction --since 2026-11-01T00:00:00Z --output json',
  ],
  positionals: { min: 0, max: 0 },
  flags: {
    ...conditionFlags,
    writes: { help: 'Only calls that make, change or remove something. One of the two conditions.' },
    since: { value: 'TIME', help: 'From then on: 2026-11-01T00:00:00Z.' },
    limit: { value: 'N', help: `At most so many; default: ${LIMIT_USUAL}.` },
    ...outputFlag,
    ...productFlags('actiontrail'),
  },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const limit = numberFlag(args, 'limit', { min: 1, max: LIMIT_MAX }) ?? LIMIT_USUAL
    const asked = { ...conditionsIn(args), ...spanIn(args, terminal) }
    const connection = await findProduct(args, terminal, 'actiontrail')
    const rpc = rpcClient(connection, { version: '2020-07-06', title: 'an audit trail' }, terminal)
    const events: AuditEvent[] = []
    let token: string | undefined
    do {
      const page = await rpc<Partial<Page>>('LookupEvents', {
        MaxResults: PAGE_SIZE,
        ...asked,
        NextToken: token,
      })
      if (!page.Events) throw noTrail(connection.endpoint)
      events.push(...page.Events)
      token = page.NextToken
    } while (token && events.length < limit)
    const shown = events.slice(0, limit)
    if (output === 'json') {
      terminal.print(JSON.stringify(shown, null, 2))
      return 0
    }
    const rows = shown.map((event) => [
      event.eventTime,
      event.userIdentity.userName,
      event.serviceName,
      event.eventName,
      event.resourceName ?? '',
      event.errorCode ?? '',
      event.sourceIpAddress,
      event.requestId,
    ])
    const headings = ['TIME', 'WHO', 'SERVICE', 'OPERATION', 'RESOURCE', 'REFUSED', 'FROM', 'REQUEST']
    for (const line of table(headings, rows)) terminal.print(line)
    return 0
  },
}

function conditionsIn(args: Arguments): Record<string, string> {
  const given: (readonly [string, string])[] = Object.entries(conditionFlags).flatMap(([flag, { key }]) => {
    const value = text(args, flag)
    return value === undefined ? [] : [[key, value] as const]
  })
  if (isSet(args, 'writes')) given.push(['EventRW', 'Write'])
  if (given.length > 2) throw new UsageError('The API takes two conditions at once, not more.')
  return Object.fromEntries(
    given.flatMap(([key, value], index) => [
      [`LookupAttribute.${index + 1}.Key`, key],
      [`LookupAttribute.${index + 1}.Value`, value],
    ]),
  )
}

function spanIn(args: Arguments, { clock }: Terminal): Record<string, string> {
  const since = text(args, 'since')
  if (since === undefined) return {}
  const sinceMs = Date.parse(since)
  if (Number.isNaN(sinceMs))
    throw new UsageError(`--since is a time like 2026-11-01T00:00:00Z, not ${since}.`)
  const timeText = (timeMs: number) => `${new Date(timeMs).toISOString().slice(0, 19)}Z`
  return { StartTime: timeText(sinceMs), EndTime: timeText(clock.now()) }
}

/** As for an answer that is no document at all. */
const noTrail = ({ origin }: URL) =>
  new CommandFailed(`${origin} did not answer as an audit trail does. Is the endpoint right?`)
