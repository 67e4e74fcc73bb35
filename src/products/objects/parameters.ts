/** Parameters of the query: those that are not understood are refused, so that none is silently left undone. */
import { ossSubResources } from '../../wire/signatures/oss-sub-resources.ts'
import { invalidArgument, notImplemented } from './errors.ts'

/** Query keys of the vendor's operations that signatures of V1 do not cover. */
const MORE_SUB_RESOURCES: readonly string[] = [
  'accessPointConfigForObjectProcess',
  'accessPointForObjectProcess',
  'accessPointPolicyForObjectProcess',
  'accessmonitor',
  'cleanRestoredObject',
  'legalHold',
  'objectWorm',
  'overwriteConfig',
  'policyStatus',
  'regions',
  'retention',
  'seal',
  'token',
  'userDefinedLogFieldsConfig',
  'x-oss-write-get-object-response',
]

/** What may stand in any query: it is about the request, not about what is asked for. */
const ALWAYS: ReadonlySet<string> = new Set(['security-token', 'x-oss-request-payer'])

const KNOWN: ReadonlySet<string> = new Set([...ossSubResources, ...MORE_SUB_RESOURCES])

/** A sub-resource names another operation: `PUT /b/k?acl` must never be taken for a PutObject. */
export function refuseOtherParameters(query: URLSearchParams, understood: ReadonlySet<string>): void {
  for (const key of query.keys()) {
    if (KNOWN.has(key) && !ALWAYS.has(key) && !understood.has(key)) throw notImplemented(key)
  }
}

/** A number from the query within bounds, or the default where there is none. */
export function numberOf(
  query: URLSearchParams,
  name: string,
  { min, max, otherwise }: { min: number; max: number; otherwise: number },
): number {
  const text = query.get(name)
  if (text === null || text === '') return otherwise
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(number >= min && number <= max)) throw invalidArgument(name, text)
  return number
}
