import { z } from 'zod'
import { invalidArgument, notImplemented } from './errors.ts'
import { withoutNulls } from './function-spec.ts'
import { qualifiedArn } from './names.ts'

export interface AsyncConfigRecord {
  functionName: string
  qualifier: string
  asyncTask?: boolean
  maxAsyncEventAgeInSeconds?: number
  maxAsyncRetryAttempts?: number
  destinationConfig?: { onSuccess?: { destination?: string }; onFailure?: { destination?: string } }
  createdTime: string
  lastModifiedTime: string
}

/** How asynchronous invocations of a qualifier are carried out: the config with the vendor's defaults. */
export interface AsyncSettings {
  asyncTask: boolean
  eventAgeMaxMs: number
  retriesMax: number
  onSuccess?: string
  onFailure?: string
}

const destination = z.object({ destination: z.string().max(1024).optional() })

export const asyncConfigSpec = z.preprocess(
  withoutNulls,
  z.object({
    asyncTask: z.boolean().optional(),
    maxAsyncEventAgeInSeconds: z.int().min(1).max(604_800).optional(),
    maxAsyncRetryAttempts: z.int().min(0).max(8).optional(),
    destinationConfig: z
      .object({ onSuccess: destination.optional(), onFailure: destination.optional() })
      .optional(),
  }),
)
export type AsyncConfigSpec = z.output<typeof asyncConfigSpec>

export const asyncSettingsOf = (config: AsyncConfigRecord | undefined): AsyncSettings => ({
  asyncTask: config?.asyncTask ?? false,
  eventAgeMaxMs: (config?.maxAsyncEventAgeInSeconds ?? 86_400) * 1000,
  retriesMax: config?.maxAsyncRetryAttempts ?? 3,
  ...(config?.destinationConfig?.onSuccess?.destination
    ? { onSuccess: config.destinationConfig.onSuccess.destination }
    : {}),
  ...(config?.destinationConfig?.onFailure?.destination
    ? { onFailure: config.destinationConfig.onFailure.destination }
    : {}),
})

const FUNCTION_ARN =
  /^acs:fc:[^:]*:[^:]*:functions\/([A-Za-z_][A-Za-z0-9_-]*\$)?[A-Za-z_][A-Za-z0-9_-]*(\/[A-Za-z0-9_-]+)?$/
const ARN = /^acs:([a-z]+):[^:]*:[^:]*:.+$/

export function checkDestinations({ destinationConfig }: AsyncConfigSpec, kinds: ReadonlySet<string>): void {
  for (const outcome of ['onSuccess', 'onFailure'] as const) {
    const arn = destinationConfig?.[outcome]?.destination
    if (!arn) continue
    const kind = ARN.exec(arn)?.[1]
    if (kind === undefined) {
      throw invalidArgument(`destinationConfig.${outcome}.destination is not an ARN (actual: '${arn}')`)
    }
    if (!kinds.has(kind)) throw notImplemented(`the destination '${arn}'`)
    if (kind === 'fc' && !FUNCTION_ARN.test(arn)) {
      throw invalidArgument(`destinationConfig.${outcome}.destination is not a function (actual: '${arn}')`)
    }
  }
}

/** The `AsyncConfig` of the API. */
export function asyncConfigDocument(
  { functionName, qualifier, ...config }: AsyncConfigRecord,
  { region, accountId }: { region: string; accountId: string },
): Record<string, unknown> {
  return { ...config, functionArn: qualifiedArn(region, accountId, functionName, qualifier) }
}
