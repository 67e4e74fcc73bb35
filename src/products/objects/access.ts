/** Who may do what: policies first, then what the ACLs of the bucket and the object grant to everybody. */
import type { RecordStore } from '../../ports/records.ts'
import type { RequestConditions } from '../../wire/access.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'
import type { StoredBucket } from './bucket.ts'
import { accessDenied, requesterPays } from './errors.ts'
import { findVersion } from './history.ts'
import type { AccessAnswer, AccessPolicies } from './needs.ts'
import { findSetting } from './settings.ts'

/** `read` and `write` of objects can be granted to everybody by ACLs; what is `owner`'s cannot; `anyone` may ask, as the operation itself finds out who that is. */
export type Grant = 'read' | 'write' | 'owner' | 'anyone'

export type AccessCaller =
  /** `principal` undefined: the key is for one upload, which it was checked against. */
  { is: 'signer'; byUrl: boolean; principal: Principal | undefined } | { is: 'anyone' }

/** What is known of a request that policies can speak of. */
export interface AskingContext {
  accountId: string
  region: string
  caller: AccessCaller
  policies: AccessPolicies
  query: URLSearchParams
  /** Of any request: its address, whether it is encrypted. */
  conditions: RequestConditions
}

export interface AccessContext extends AskingContext {
  records: RecordStore
  bucket: StoredBucket
}

export async function authorize(
  context: AccessContext,
  { action, grant, object }: { action: string; grant: Grant; object: string | undefined },
): Promise<void> {
  if (grant === 'anyone') return
  const { name, payer } = context.bucket.value
  // Everybody who signs does so for the one account, the owner's, which pays for itself: no other requester is left.
  if (payer === 'Requester' && context.caller.is === 'anyone') throw requesterPays()
  const bucketPolicy = await findSetting<string>(context.records, name, 'policy')
  const answer = answerOf(context, {
    action,
    place: object === undefined ? name : `${name}/${object}`,
    bucketPolicy,
  })
  if (answer === 'allow') return
  if (answer === 'deny' || !(await isGranted(context, grant, object))) {
    throw accessDenied('You have no right to access this object because of bucket acl.')
  }
}

/** Of what is in no bucket, ACLs say nothing: a policy has to. */
export function authorizeService(context: AskingContext, action: string, bucket: string | undefined): void {
  if (answerOf(context, { action, place: bucket ?? '*', bucketPolicy: undefined }) !== 'allow')
    throw accessDenied()
}

function answerOf(
  { accountId, region, caller, policies, query, conditions }: AskingContext,
  { action, place, bucketPolicy }: { action: string; place: string; bucketPolicy: string | undefined },
): AccessAnswer {
  if (caller.is === 'signer' && caller.principal === undefined) return 'allow'
  return policies.answer({
    principal: caller.is === 'signer' ? caller.principal : undefined,
    action,
    resource: `acs:oss:${region}:${accountId}:${place}`,
    conditions: () => ({
      ...conditions,
      'oss:Prefix': query.get('prefix') ?? undefined,
      'oss:Delimiter': query.get('delimiter') ?? undefined,
    }),
    bucketPolicy,
  })
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
