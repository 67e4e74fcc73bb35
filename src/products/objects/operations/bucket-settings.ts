/** Settings of buckets that are put, read and deleted alike. What each is, its own file says. */
import { type CorsSetting, corsXml, readCors } from '../cors.ts'
import { encryptionXml, readEncryption } from '../encryption.ts'
import { invalidPolicyDocument, noSuchSetting } from '../errors.ts'
import { type LifecycleRule, lifecycleXml, readLifecycle } from '../lifecycle-rules.ts'
import type { Encryption, Tag } from '../object.ts'
import { bytes, none, operation, xmlReply } from '../product.ts'
import { type RefererSetting, readReferer, refererXml } from '../referer.ts'
import { findSetting, putSetting, removeSetting, type SettingKind } from '../settings.ts'
import { BUCKET_TAGS_MAX, readTagging, taggingXml } from '../tags.ts'
import { readWebsite, type WebsiteSetting, websiteXml } from '../website.ts'
import { document, type XmlElement } from '../xml.ts'

const DOCUMENT_BYTES_MAX = 1024 * 1024

interface SettingOperations<Value, Kind extends SettingKind> {
  kind: Kind
  /** The operations are called `PutBucket…` and so on. */
  noun: string
  rootName: string
  read(root: XmlElement): Value
  xml(value: Value): Parameters<typeof xmlReply>[2]
  /** What a bucket has that was never told; without it, that is an error. */
  standard?: Value
  missing?: { code: string; message: string }
}

function settingOperations<Value, const Kind extends SettingKind>({
  kind,
  noun,
  rootName,
  read,
  xml,
  standard,
  missing = { code: '', message: '' },
}: SettingOperations<Value, Kind>) {
  return [
    operation({
      name: `PutBucket${noun}`,
      route: `PUT /{bucket}?${kind}`,
      body: bytes(DOCUMENT_BYTES_MAX),
      async handle({ body }, { records, bucket }) {
        await putSetting(records, bucket, kind, read(document(body, rootName)))
        return { status: 200 }
      },
    }),
    operation({
      name: `GetBucket${noun}`,
      route: `GET /{bucket}?${kind}`,
      body: none,
      async handle(_, { records, bucket: { value } }) {
        const found = (await findSetting<Value>(records, value.name, kind)) ?? standard
        if (found === undefined) throw noSuchSetting(missing.code, missing.message, value.name)
        return xmlReply(200, rootName, xml(found))
      },
    }),
    operation({
      name: `DeleteBucket${noun}`,
      route: `DELETE /{bucket}?${kind}`,
      body: none,
      async handle(_, { records, bucket }) {
        await removeSetting(records, bucket, kind)
        return { status: 204 }
      },
    }),
  ] as const
}

const corsOperations = settingOperations<CorsSetting, 'cors'>({
  kind: 'cors',
  noun: 'Cors',
  rootName: 'CORSConfiguration',
  read: readCors,
  xml: corsXml,
  missing: { code: 'NoSuchCORSConfiguration', message: 'The CORS Configuration does not exist.' },
})

const lifecycleOperations = settingOperations<LifecycleRule[], 'lifecycle'>({
  kind: 'lifecycle',
  noun: 'Lifecycle',
  rootName: 'LifecycleConfiguration',
  read: readLifecycle,
  xml: lifecycleXml,
  missing: { code: 'NoSuchLifecycle', message: 'No Row found in Lifecycle Table.' },
})

const websiteOperations = settingOperations<WebsiteSetting, 'website'>({
  kind: 'website',
  noun: 'Website',
  rootName: 'WebsiteConfiguration',
  read: readWebsite,
  xml: websiteXml,
  missing: {
    code: 'NoSuchWebsiteConfiguration',
    message: 'The specified bucket does not have a website configuration.',
  },
})

const encryptionOperations = settingOperations<Encryption, 'encryption'>({
  kind: 'encryption',
  noun: 'Encryption',
  rootName: 'ServerSideEncryptionRule',
  read: readEncryption,
  xml: (encryption) => ({ ApplyServerSideEncryptionByDefault: encryptionXml(encryption) }),
  missing: {
    code: 'NoSuchServerSideEncryptionRule',
    message: 'The server side encryption configuration does not exist.',
  },
})

const tagOperations = settingOperations<Tag[], 'tagging'>({
  kind: 'tagging',
  noun: 'Tags',
  rootName: 'Tagging',
  read: (root) => readTagging(root, BUCKET_TAGS_MAX),
  xml: taggingXml,
  standard: [],
})

/** A referer configuration is never deleted, only put back to what it is by itself. */
const [putReferer, getReferer] = settingOperations<RefererSetting, 'referer'>({
  kind: 'referer',
  noun: 'Referer',
  rootName: 'RefererConfiguration',
  read: readReferer,
  xml: refererXml,
  standard: { allowEmpty: true, truncateQuery: true, allowed: [], denied: [] },
})

const POLICY_BYTES_MAX = 16 * 1024

const putBucketPolicy = operation({
  name: 'PutBucketPolicy',
  route: 'PUT /{bucket}?policy',
  body: bytes(POLICY_BYTES_MAX),

  async handle({ body }, { records, bucket }) {
    const text = body.toString()
    let policy: unknown
    try {
      policy = JSON.parse(text)
    } catch {
      throw invalidPolicyDocument('it is not JSON')
    }
    const { Version, Statement } = (policy ?? {}) as { Version?: unknown; Statement?: unknown }
    if (Version !== '1') throw invalidPolicyDocument('Version is 1')
    if (!Array.isArray(Statement) || Statement.length === 0)
      throw invalidPolicyDocument('Statement is a list that is not empty')
    for (const { Effect, Action, Resource, Principal } of Statement as Record<string, unknown>[]) {
      if (Effect !== 'Allow' && Effect !== 'Deny') throw invalidPolicyDocument('Effect is Allow or Deny')
      if (!Action || !Resource || !Principal)
        throw invalidPolicyDocument('a Statement has an Action, a Principal and a Resource')
    }
    await putSetting(records, bucket, 'policy', text)
    return { status: 200 }
  },
})

const getBucketPolicy = operation({
  name: 'GetBucketPolicy',
  route: 'GET /{bucket}?policy',
  body: none,

  async handle(_, { records, bucket: { value } }) {
    const policy = await findSetting<string>(records, value.name, 'policy')
    if (policy === undefined)
      throw noSuchSetting('NoSuchBucketPolicy', 'The bucket policy does not exist.', value.name)
    return { status: 200, headers: { 'content-type': 'application/json' }, body: policy }
  },
})

const deleteBucketPolicy = operation({
  name: 'DeleteBucketPolicy',
  route: 'DELETE /{bucket}?policy',
  body: none,

  async handle(_, { records, bucket }) {
    await removeSetting(records, bucket, 'policy')
    return { status: 204 }
  },
})

/** No access logs are written, so none can be asked for; what clients read is that there are none. */
const getBucketLogging = operation({
  name: 'GetBucketLogging',
  route: 'GET /{bucket}?logging',
  body: none,
  handle: async () => xmlReply(200, 'BucketLoggingStatus', ''),
})

const deleteBucketLogging = operation({
  name: 'DeleteBucketLogging',
  route: 'DELETE /{bucket}?logging',
  body: none,
  handle: async () => ({ status: 204 }),
})

/** Nobody pays for requests here; it is always the owner who would. */
const getBucketRequestPayment = operation({
  name: 'GetBucketRequestPayment',
  route: 'GET /{bucket}?requestPayment',
  body: none,
  handle: async () => xmlReply(200, 'RequestPaymentConfiguration', { Payer: 'BucketOwner' }),
})

const getBucketTransferAcceleration = operation({
  name: 'GetBucketTransferAcceleration',
  route: 'GET /{bucket}?transferAcceleration',
  body: none,
  handle: async () => xmlReply(200, 'TransferAccelerationConfiguration', { Enabled: 'false' }),
})

export const bucketSettings = [
  ...corsOperations,
  ...lifecycleOperations,
  ...websiteOperations,
  ...encryptionOperations,
  ...tagOperations,
  putReferer,
  getReferer,
  putBucketPolicy,
  getBucketPolicy,
  deleteBucketPolicy,
  getBucketLogging,
  deleteBucketLogging,
  getBucketRequestPayment,
  getBucketTransferAcceleration,
]
