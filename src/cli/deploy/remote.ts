/** Reads what the platform has of a function. */
import { PlatformRefused } from '../errors.ts'
import { type ApiCall, functionPath, type Platform } from '../platform.ts'
import type { Remote, RemoteTrigger } from './plan.ts'

export async function readRemote(
  platform: Platform,
  functionName: string,
  qualifier: string,
): Promise<Remote> {
  const found = await platform.find<Record<string, unknown>>({
    action: 'GetFunction',
    method: 'GET',
    path: functionPath(functionName),
  })
  if (!found) return { triggers: [] }
  const [triggers, asyncInvokeConfig, concurrency] = await Promise.all([
    listTriggers(platform, functionName),
    optional<Record<string, unknown>>(platform, {
      action: 'GetAsyncInvokeConfig',
      method: 'GET',
      path: functionPath(functionName, '/async-invoke-config'),
      query: { qualifier },
    }),
    optional<{ reservedConcurrency?: number }>(platform, {
      action: 'GetConcurrencyConfig',
      method: 'GET',
      path: functionPath(functionName, '/concurrency'),
    }),
  ])
  return {
    function: found,
    triggers,
    asyncInvokeConfig,
    reservedConcurrency: concurrency?.reservedConcurrency ?? undefined,
  }
}

export const listTriggers = (platform: Platform, functionName: string): Promise<RemoteTrigger[]> =>
  platform.list(
    { action: 'ListTriggers', method: 'GET', path: functionPath(functionName, '/triggers') },
    'triggers',
  )

/** A part that the platform does not implement is a part that the function does not have. */
async function optional<Answer>(platform: Platform, call: ApiCall): Promise<Answer | undefined> {
  try {
    return await platform.find<Answer>(call)
  } catch (error) {
    if (error instanceof PlatformRefused && error.code === 'NotImplemented') return undefined
    throw error
  }
}
