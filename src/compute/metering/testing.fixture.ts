import type { FunctionRevision } from '../../ports/invocation.ts'
import type { MeteredInvocation } from './meter.ts'

export const account = '1234567890123456'

export const revision = {
  key: 'k',
  accountId: account,
  region: 'cn-hangzhou',
  functionName: 'hello',
  functionArn: `acs:fc:cn-hangzhou:${account}:functions/hello`,
  versionId: 'LATEST',
  memoryMb: 512,
  cpu: 0.35,
  diskMb: 512,
  instanceConcurrency: 1,
} as unknown as FunctionRevision

/** A call that is right in every way, with what differs. */
export const metered = (differs: Partial<MeteredInvocation> = {}): MeteredInvocation => ({
  revision,
  qualifier: 'LATEST',
  instanceId: 'c-1',
  requestId: 'r-1',
  retryCount: 0,
  kind: 'onDemand',
  outcome: 'succeeded',
  billedMs: 12,
  activeMs: 12,
  ...differs,
})

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
