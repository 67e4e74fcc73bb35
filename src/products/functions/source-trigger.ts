/** Triggers that wait for what happens in another product: of buckets, of topics, of tables. */
import { z } from 'zod'
import { invalidArgument, notImplemented } from './errors.ts'
import { withoutNulls } from './function-spec.ts'
import { isEmpty } from './not-built.ts'

/** What those who deliver events need of the trigger. */
export interface SourceTriggerRecord {
  functionName: string
  triggerName: string
  triggerId: string
  qualifier: string
  triggerType: string
  /** What it is wired to: the last part of the `sourceArn`. */
  source: string
  config: Readonly<Record<string, unknown>>
  invocationRole?: string
  /** When it was created, ms: what happened before is not for it. */
  sinceMs: number
  /** Since when its events are kept and not handed on, ms. */
  pausedMs?: number
}

export interface SourceKind {
  /** Checks a `triggerConfig`. Throws `ApiError`. */
  parse(triggerConfig: string): Readonly<Record<string, unknown>>
  /** Of a `sourceArn` its second part, and what is behind the account. */
  product: string
  source: RegExp
  sourceForm: string
}

const objectEvents = [
  ...['PutObject', 'PostObject', 'CompleteMultipartUpload', 'PutSymlink', 'CopyObject', 'AppendObject'],
  ...['InitiateMultipartUpload', 'UploadPart', 'UploadPartCopy', '*'],
].map((name) => `oss:ObjectCreated:${name}`)
const removals = ['DeleteObject', 'DeleteObjects', 'AbortMultipartUpload', '*']
const knownObjectEvents: readonly string[] = [
  ...objectEvents,
  ...removals.map((name) => `oss:ObjectRemoved:${name}`),
  'oss:ObjectModified:UpdateObjectMeta',
  'oss:ObjectModified:*',
]

const filterText = z.string().max(1023).optional()
const ossConfig = z.looseObject({
  events: z.array(z.string()).min(1).max(knownObjectEvents.length),
  filter: z
    .looseObject({
      key: z.looseObject({ prefix: filterText, suffix: filterText }).optional(),
    })
    .optional(),
})

const topicConfig = z.looseObject({
  filterTag: z.string().max(16).optional(),
  notifyContentFormat: z.enum(['STREAM', 'JSON']).optional(),
  notifyStrategy: z.enum(['BACKOFF_RETRY', 'EXPONENTIAL_DECAY_RETRY']).optional(),
})

export const sourceKinds: Readonly<Record<string, SourceKind>> = {
  oss: {
    product: 'oss',
    source: /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    sourceForm: 'acs:oss:{region}:{accountId}:{bucket}',
    parse(triggerConfig) {
      const config = read(triggerConfig, ossConfig, ['events', 'filter'])
      for (const event of config.events) {
        if (!knownObjectEvents.includes(event))
          throw invalidArgument(
            `TriggerConfig is set to an invalid value: events: '${event.slice(0, 100)}' is none of ${knownObjectEvents.join(', ')}`,
          )
      }
      return config
    },
  },

  mns_topic: {
    product: 'mns',
    source: /^\/topics\/[A-Za-z0-9][A-Za-z0-9-]{0,255}$/,
    sourceForm: 'acs:mns:{region}:{accountId}:/topics/{topic}',
    parse: (triggerConfig) =>
      read(triggerConfig, topicConfig, ['filterTag', 'notifyContentFormat', 'notifyStrategy']),
  },

  tablestore: {
    product: 'ots',
    source: /^instance\/[A-Za-z0-9][A-Za-z0-9-]{0,31}\/table\/[A-Za-z_][A-Za-z0-9_]{0,254}$/,
    sourceForm: 'acs:ots:{region}:{accountId}:instance/{instance}/table/{table}',
    parse: (triggerConfig) => read(triggerConfig, z.looseObject({}), []),
  },
}

function read<T extends z.ZodType<Record<string, unknown>>>(
  triggerConfig: string,
  schema: T,
  known: readonly string[],
): z.output<T> {
  let document: unknown
  try {
    document = triggerConfig.trim() === '' ? {} : JSON.parse(triggerConfig)
  } catch {
    throw invalidArgument('TriggerConfig is not a JSON document')
  }
  const config = z.preprocess(withoutNulls, schema).safeParse(document)
  if (!config.success) {
    const [issue] = config.error.issues
    throw invalidArgument(
      `TriggerConfig is set to an invalid value: ${issue?.path.join('.')}: ${issue?.message}`,
    )
  }
  for (const [field, value] of Object.entries(config.data))
    if (!known.includes(field) && !isEmpty(value)) throw notImplemented(`the field 'triggerConfig.${field}'`)
  return config.data
}

/** What a `sourceArn` names. Throws `ApiError`. */
export function sourceOf(
  { product, source, sourceForm }: SourceKind,
  arn: string,
  accountId: string,
): string {
  if (arn === '') throw invalidArgument('SourceArn is required but not provided')
  const [, named, account, rest = ''] = /^acs:([^:]*):[^:]*:([^:]*):(.*)$/s.exec(arn) ?? []
  if (named !== product || account !== accountId || !source.test(rest))
    throw invalidArgument(
      `SourceArn is set to an invalid value: it must be like '${sourceForm}' (actual: '${arn.slice(0, 300)}')`,
    )
  return rest
}
