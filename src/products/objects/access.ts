/** Who may do what: policies first, then what the ACLs of the bucket and the object grant to everybody. */
import type { RecordStore } from '../../ports/records.ts'
import type { StoredBucket } from './bucket.ts'
import { accessDenied } from './errors.ts'
import { findVersion } from './history.ts'
import type { AccessPolicies } from './needs.ts'

/** `read` and `write` of objects can be granted to everybody by ACLs; what is `owner`'s cannot; `anyone` may ask, as the operation itself finds out who that is. */
export type Grant = 'read' | 'write' | 'owner' | 'anyone'

export interface AccessContext {
  accountId: string
  records: RecordStore
  bucket: StoredBucket
  caller: { is: 'owner'; byUrl: boolean } | { is: 'anyone' }
  policies: AccessPolicies
  query: URLSearchParams
}

export async function authorize(
  context: AccessContext,
  { action, grant, object }: { action: string; grant: Grant; object: string | undefined },
): Promise<void> {
  if (grant === 'anyone') return
  const { accountId, bucket, caller, policies } = context
  const place = object === undefined ? bucket.value.name : `${bucket.value.name}/${object}`
  const answer = await policies.answer({
    caller: caller.is === 'owner' ? { accountId } : undefined,
    action,
    resource: `acs:oss:*:${accountId}:${place}`,
  })
  if (answer === 'allow') return
  if (answer === 'deny' || !(await isGranted(context, grant, object))) {
    throw accessDenied('You have no right to access this object because of bucket acl.')
  }
}

async function isGranted(
  { records, bucket, query }: AccessContext,
  grant: Grant,
  object: string | undefined,
): Promise<boolean> {
  if (grant === 'owner') return false
  const place = object === undefined ? undefined : { bucket: bucket.value.name, object }
  const found = place && (await findVersion(records, place, query.get('versionId') ?? undefined))
  const own = found?.value.acl ?? 'default'
  const acl = own === 'default' ? (bucket.value.acl ?? 'private') : own
  return acl === 'public-read-write' || (grant === 'read' && acl === 'public-read')
}
