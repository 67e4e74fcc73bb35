/**
 * Who calls Object Storage, and which object is meant: the bucket is where the signature says it is. Who did not sign is
 * anyone; what anyone may is for the bucket to say.
 */

import type { Clock } from '../../lib/clock.ts'
import { ossV4StringToSign } from '../../lib/signing/oss.ts'
import { queryItems } from '../../lib/signing/percent.ts'
import type { RecordStore } from '../../ports/records.ts'
import { conditionsOf, type RequestConditions } from '../../wire/access.ts'
import type { Caller, RequestHead } from '../../wire/product-server.ts'
import { isSkewed } from '../../wire/signatures/compare.ts'
import { headersIn, type OssResource, ossResources } from '../../wire/signatures/oss-resource.ts'
import { ossSubResources } from '../../wire/signatures/oss-sub-resources.ts'
import {
  isOssV1,
  isOssV1Url,
  type OssV1Authorization,
  ossV1StringToSign,
  parseOssV1,
  verifyOssV1,
} from '../../wire/signatures/oss-v1.ts'
import {
  isOssV2,
  isOssV2Url,
  type OssV2Authorization,
  ossV2StringToSign,
  parseOssV2,
  verifyOssV2,
} from '../../wire/signatures/oss-v2.ts'
import {
  canonicalQueriesOf,
  isOssV4,
  isOssV4Url,
  type OssV4Authorization,
  parseOssV4,
  verifyOssV4,
} from '../../wire/signatures/oss-v4.ts'
import type { Allowance, SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import type { AccessCaller } from './access.ts'
import { BUCKETS, type BucketRecord, findBucket } from './bucket.ts'
import {
  accessDenied,
  invalidAccessKeyId,
  invalidArgument,
  invalidObjectName,
  invalidSecurityToken,
  requestTimeTooSkewed,
  securityTokenExpired,
  signatureDoesNotMatch,
} from './errors.ts'

type OssAuthorization = OssV1Authorization | OssV2Authorization | OssV4Authorization

/** What is found out of a request before its operation is. */
export interface RequestFacts {
  host: string
  method: string
  clientIp: string
  head: RequestHead
  /** Undefined: nobody signed. */
  accessKeyId: string | undefined
  /** As it was sent, where a plus sign is a plus sign. */
  query: URLSearchParams
  caller: AccessCaller
  conditions: RequestConditions
}

/** Buckets that are tried when nothing but the signature could name one: as many as the vendor lets an account have. */
const CNAME_BUCKETS_MAX = 100

export interface ObjectsAuthenticationOptions {
  lookup: SecretLookup
  clock: Clock
  records: RecordStore
}

export function objectsAuthentication({
  lookup,
  clock,
  records,
}: ObjectsAuthenticationOptions): (head: RequestHead) => Promise<Caller> {
  return async (head) => {
    const query = queryOf(head.rawQuery)
    const given = authorizationOf(head, query)
    const clientIp = head.message.socket.remoteAddress ?? ''
    const conditions = conditionsOf(head)
    const { host = '' } = head.headers
    const accessKeyId = given?.accessKeyId
    const seen = { host, method: head.method, clientIp, head, accessKeyId, query, conditions }
    if (given === undefined) {
      const resource = await resourceOfAnyone(head)
      const facts: RequestFacts = { ...seen, caller: { is: 'anyone' } }
      return { accountId: lookup.accountId, rawPath: rawPathOf(resource), facts }
    }
    const { accountId, accessKeySecret, allows, principal } = secretFor(given)
    checkTime(given)
    const resource = await resourceOf(head, given, accessKeySecret)
    if (!allowed(allows, head, resource, query)) throw accessDenied()
    const caller: AccessCaller = { is: 'signer', byUrl: given.when.is === 'url', principal }
    const facts: RequestFacts = { ...seen, caller }
    return { accountId, rawPath: rawPathOf(resource), facts, ...(principal && { principal }) }
  }

  /** The bucket of the host, if there is one, else that of the path. */
  async function resourceOfAnyone({ rawPath, headers: { host } }: RequestHead): Promise<OssResource> {
    const candidates = [...ossResources({ rawPath, host, knownBuckets: [] })]
    for (const candidate of candidates.slice(0, -1)) {
      if (candidate.bucket !== undefined && (await findBucket(records, candidate.bucket))) return candidate
    }
    const last = candidates.at(-1)
    if (last === undefined) throw invalidObjectName('')
    return last
  }

  function secretFor({ accessKeyId, securityToken }: OssAuthorization) {
    const answer = lookup.secretOf(accessKeyId, securityToken)
    switch (answer.is) {
      case 'known':
        return answer
      case 'unknownAccessKey':
        throw invalidAccessKeyId(accessKeyId)
      case 'invalidToken':
        throw invalidSecurityToken()
      case 'expiredToken':
        throw securityTokenExpired()
    }
  }

  function checkTime({ when }: OssAuthorization): void {
    if (when.is === 'url') {
      if (!(clock.now() <= when.expiresAtMs)) throw accessDenied('Request has expired.')
      return
    }
    if (when.dateMs === undefined || Number.isNaN(when.dateMs)) {
      throw accessDenied('OSS authentication requires a valid Date.')
    }
    if (isSkewed(when.dateMs, clock.now())) throw requestTimeTooSkewed(clock.now())
  }

  async function resourceOf(
    head: RequestHead,
    given: OssAuthorization,
    accessKeySecret: string,
  ): Promise<OssResource> {
    const verifies = (resource: OssResource): boolean =>
      given.version === 'v1'
        ? verifyOssV1(head, given, accessKeySecret, resource)
        : given.version === 'v2'
          ? verifyOssV2(head, given, accessKeySecret, resource)
          : verifyOssV4(head, given, accessKeySecret, resource)
    const { rawPath } = head
    const { host } = head.headers
    const named = [...ossResources({ rawPath, host, knownBuckets: [] })]
    const found = named.find(verifies)
    if (found) return found
    const buckets = await records.list<BucketRecord>({ prefix: BUCKETS, limit: CNAME_BUCKETS_MAX })
    const knownBuckets = buckets.map(({ value }) => value.name)
    const byCname = [...ossResources({ rawPath, host, knownBuckets })].slice(named.length).find(verifies)
    if (byCname) return byCname
    throw signatureDoesNotMatch({
      OSSAccessKeyId: given.accessKeyId,
      SignatureProvided: given.signature,
      StringToSign: stringToSignOf(head, given, named[0] ?? {}),
    })
  }
}

/** A query that is not percent-encoded UTF-8 names nothing. */
function queryOf(rawQuery: string): URLSearchParams {
  const items = queryItems(rawQuery, { plusIsSpace: false })
  if (items === undefined) throw invalidArgument('query', rawQuery)
  return new URLSearchParams(items.map(({ key, value = '' }): [string, string] => [key, value]))
}

/** Undefined where nobody has signed. What is signed badly is refused, never taken for unsigned. */
function authorizationOf(head: RequestHead, query: URLSearchParams): OssAuthorization | undefined {
  const { authorization } = head.headers
  if (authorization !== undefined) {
    const given = isOssV4(authorization)
      ? parseOssV4(head)
      : isOssV2(authorization)
        ? parseOssV2(head)
        : isOssV1(authorization)
          ? parseOssV1(head)
          : undefined
    if (!given) throw invalidArgument('Authorization', authorization)
    return given
  }
  const isV4 = isOssV4Url(query)
  const isV2 = isOssV2Url(query)
  const isV1 = isOssV1Url(query)
  if (!isV4 && !isV2 && !isV1 && !PRESIGNED.some((key) => query.has(key))) return undefined
  const given = isV2 ? parseOssV2(head) : isV4 ? parseOssV4(head) : isV1 ? parseOssV1(head) : undefined
  if (!given) throw accessDenied('The signed URL is malformed.')
  return given
}

/** Any of these in the query says that somebody meant to sign. */
const PRESIGNED = [
  'OSSAccessKeyId',
  'Signature',
  'x-oss-credential',
  'x-oss-signature',
  'x-oss-access-key-id',
]

/** What we would have signed: it shows people what they signed otherwise. */
function stringToSignOf(head: RequestHead, given: OssAuthorization, resource: OssResource): string {
  const headers = headersIn(head.headers, 'utf8')
  const { method, rawQuery } = head
  if (given.version === 'v1')
    return ossV1StringToSign({ method, rawQuery, headers }, given.dateLine, resource) ?? ''
  if (given.version === 'v2') return ossV2StringToSign({ method, rawQuery, headers }, given, resource) ?? ''
  const query = canonicalQueriesOf(rawQuery)?.[0] ?? ''
  return ossV4StringToSign({ ...given, method, resource, query, headers })
}

/** A grant for one upload is for a PutObject of bytes that come with it: not for a copy, nor
 * for a part of another upload, nor for having us call somebody. */
function allowed(
  allows: Allowance,
  { method, headers }: RequestHead,
  resource: OssResource,
  query: URLSearchParams,
): boolean {
  if (allows.to !== 'putObjects') return true
  return (
    method === 'PUT' &&
    headers['x-oss-copy-source'] === undefined &&
    headers['x-oss-callback'] === undefined &&
    resource.bucket === allows.bucket &&
    resource.object?.startsWith(allows.objectPrefix) === true &&
    ![...query.keys()].some((key) => ossSubResources.has(key) && key !== 'security-token')
  )
}

function rawPathOf({ bucket, object }: OssResource): string {
  if (bucket === undefined) return '/'
  return object === undefined
    ? `/${encodeURIComponent(bucket)}`
    : `/${encodeURIComponent(bucket)}/${encodeURIComponent(object)}`
}
