/** The documents of those settings of buckets that are put, read and deleted alike. What each is, its own file says. */
import type { XmlContent } from '../../lib/xml.ts'
import type { XmlElement } from '../../lib/xml-reader.ts'
import { type CorsSetting, corsXml, readCors } from './cors.ts'
import { encryptionXml, readEncryption } from './encryption.ts'
import { type LifecycleRule, lifecycleXml, readLifecycle } from './lifecycle-rules.ts'
import type { Encryption, Tag } from './object.ts'
import { type RefererSetting, readReferer, refererXml } from './referer.ts'
import type { RuleMaker } from './routing-rules-reading.ts'
import type { SettingKind } from './settings.ts'
import { BUCKET_TAGS_MAX, readTagging, taggingXml } from './tags.ts'
import { readWebsite, type WebsiteSetting, websiteXml } from './website.ts'

export interface SettingDocument<Value, Kind extends SettingKind = SettingKind> {
  kind: Kind
  rootName: string
  read(root: XmlElement, maker: RuleMaker): Value
  xml(value: Value): XmlContent
  /** What a bucket has that was never told, or how it is said that it has nothing. */
  missing: { standard: Value } | { code: string; message: string }
}

export const corsDocument: SettingDocument<CorsSetting, 'cors'> = {
  kind: 'cors',
  rootName: 'CORSConfiguration',
  read: readCors,
  xml: corsXml,
  missing: { code: 'NoSuchCORSConfiguration', message: 'The CORS Configuration does not exist.' },
}

export const lifecycleDocument: SettingDocument<readonly LifecycleRule[], 'lifecycle'> = {
  kind: 'lifecycle',
  rootName: 'LifecycleConfiguration',
  read: readLifecycle,
  xml: lifecycleXml,
  missing: { code: 'NoSuchLifecycle', message: 'No Row found in Lifecycle Table.' },
}

export const websiteDocument: SettingDocument<WebsiteSetting, 'website'> = {
  kind: 'website',
  rootName: 'WebsiteConfiguration',
  read: readWebsite,
  xml: websiteXml,
  missing: {
    code: 'NoSuchWebsiteConfiguration',
    message: 'The specified bucket does not have a website configuration.',
  },
}

export const encryptionDocument: SettingDocument<Encryption, 'encryption'> = {
  kind: 'encryption',
  rootName: 'ServerSideEncryptionRule',
  read: readEncryption,
  xml: (encryption) => ({ ApplyServerSideEncryptionByDefault: encryptionXml(encryption) }),
  missing: {
    code: 'NoSuchServerSideEncryptionRule',
    message: 'The server side encryption configuration does not exist.',
  },
}

export const taggingDocument: SettingDocument<readonly Tag[], 'tagging'> = {
  kind: 'tagging',
  rootName: 'Tagging',
  read: (root) => readTagging(root, BUCKET_TAGS_MAX),
  xml: taggingXml,
  missing: { standard: [] },
}

/** A referer configuration is never deleted, only put back to what it is by itself. */
export const refererDocument: SettingDocument<RefererSetting, 'referer'> = {
  kind: 'referer',
  rootName: 'RefererConfiguration',
  read: readReferer,
  xml: refererXml,
  missing: { standard: { allowEmpty: true, truncateQuery: true, allowed: [], denied: [] } },
}
