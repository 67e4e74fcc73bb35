/**
 * Who calls Object Storage, and which object is meant: the bucket is where the signature says it is. Anonymous requests
 * are refused, as every bucket is private.
 */
import type { Clock } from '../../lib/clock.ts'
import type { RecordStore } from '../../ports/records.ts'
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
  canonicalQueriesOf,
  isOssV4,
  isOssV4Url,
  type OssV4Authorization,
  ossV4StringToSign,
  parseOssV4,
  verifyOssV4,
} from '../../wire/signatures/oss-v4.ts'
import type { Allowance, SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import {
  accessDenied,
  invalidAccessKeyId,
  invalidArgument,
  invalidSecurityToken,
  notImplemented,
  requestTimeTooSkewed,
  securityTokenExpired,
  signatureDoesNotMatch,
} from './errors.ts'
import { BUCKETS, type BucketRecord } from './object.ts'

type OssAuthorization = OssV1Authorization | OssV4Authorization

/** Buckets that are tried when nothing but the signature could name one. */
const CNAME_BUCKETS_MAX = 20

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
    const query = new URLSearchParams(head.rawQuery)
    const given = authorizationOf(head, query)
    const { accountId, accessKeySecret, allows } = secretFor(given)
    checkTime(given)
    const resource = await resourceOf(head, given, accessKeySecret)
    if (!allowed(allows, head.method, resource, query)) throw accessDenied()
    refuseOtherSubResources(query)
    return { accountId, rawPath: rawPathOf(resource), facts: { host: head.headers.host ?? '' } }
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

function authorizationOf(head: RequestHead, query: URLSearchParams): OssAuthorization {
  const { authorization } = head.headers
  const given =
    authorization === undefined
      ? isOssV4Url(query)
        ? parseOssV4(head)
        : isOssV1Url(query)
          ? parseOssV1(head)
          : undefined
      : isOssV4(authorization)
        ? parseOssV4(head)
        : isOssV1(authorization)
          ? parseOssV1(head)
          : undefined
  if (given) return given
  if (authorization !== undefined) throw invalidArgument('Authorization', authorization)
  if (isOssV4Url(query) || isOssV1Url(query)) throw accessDenied('The signed URL is malformed.')
  throw accessDenied('You have no right to access this object because of bucket acl.')
}

/** What we would have signed: it shows people what they signed otherwise. */
function stringToSignOf(head: RequestHead, given: OssAuthorization, resource: OssResource): string {
  const headers = headersIn(head.headers, 'utf8')
  const { method, rawQuery } = head
  if (given.version === 'v1')
    return ossV1StringToSign({ method, rawQuery, headers }, given.dateLine, resource) ?? ''
  const query = canonicalQueriesOf(rawQuery)?.[0] ?? ''
  return ossV4StringToSign({ ...given, method, resource, query, headers })
}

function allowed(allows: Allowance, method: string, resource: OssResource, query: URLSearchParams): boolean {
  if (allows.to !== 'putObjects') return true
  return (
    method === 'PUT' &&
    resource.bucket === allows.bucket &&
    resource.object?.startsWith(allows.objectPrefix) === true &&
    ![...query.keys()].some((key) => ossSubResources.has(key) && key !== 'security-token')
  )
}

/** A sub-resource names another operation: `PUT /b/k?acl` must never be taken for a PutObject. */
function refuseOtherSubResources(query: URLSearchParams): void {
  for (const key of query.keys()) {
    if (ossSubResources.has(key) && !SERVED_SUB_RESOURCES.has(key)) throw notImplemented(key)
  }
}

const SERVED_SUB_RESOURCES: ReadonlySet<string> = new Set([
  'security-token',
  'response-content-type',
  'response-content-language',
  'response-expires',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
])

function rawPathOf({ bucket, object }: OssResource): string {
  if (bucket === undefined) return '/'
  return object === undefined
    ? `/${encodeURIComponent(bucket)}`
    : `/${encodeURIComponent(bucket)}/${encodeURIComponent(object)}`
}
