/** Where a bucket's access logs go: what PutBucketLogging says. */
import type { XmlContent } from '../../lib/xml.ts'
import { childOf, textOf, type XmlElement } from '../../lib/xml-reader.ts'
import { authorize } from './access.ts'
import { findBucket, type LoggingSetting } from './bucket.ts'
import { invalidArgument, invalidTargetBucketForLogging, notImplemented } from './errors.ts'
import { isObjectName } from './object.ts'
import type { BucketContext } from './product.ts'

/** As long as what follows the prefix in the name of a log: the bucket, a time, a UUID. */
const NAME_LENGTH_MAX = 63 + 19 + 1 + 36

/** Undefined turns it off: a document with nothing in it. */
export function readLogging(root: XmlElement): LoggingSetting | undefined {
  const enabled = childOf(root, 'LoggingEnabled')
  if (!enabled) return undefined
  if (textOf(enabled, 'LoggingRole')) throw notImplemented('LoggingRole')
  const targetBucket = textOf(enabled, 'TargetBucket') ?? ''
  const targetPrefix = textOf(enabled, 'TargetPrefix') ?? ''
  if (!isObjectName(targetPrefix + 'x'.repeat(NAME_LENGTH_MAX)))
    throw invalidArgument('TargetPrefix', targetPrefix)
  return { targetBucket, targetPrefix }
}

/** The target is there, and whoever has logs written into another bucket may write there. */
export async function checkLogging(context: BucketContext, setting: LoggingSetting): Promise<void> {
  const { targetBucket, targetPrefix } = setting
  const target = await findBucket(context.records, targetBucket)
  if (!target) throw invalidTargetBucketForLogging(targetBucket)
  if (targetBucket === context.bucket.value.name) return
  const there = { ...context, bucket: target }
  await authorize(there, { action: 'oss:PutObject', grant: 'owner', object: targetPrefix })
}

export const loggingXml = (setting: LoggingSetting | undefined): XmlContent =>
  setting === undefined
    ? ''
    : { LoggingEnabled: { TargetBucket: setting.targetBucket, TargetPrefix: setting.targetPrefix } }
