/** Styles: texts of processing that a bucket has names for. All of a bucket are one setting. */

import type { XmlContent } from '../../../lib/xml.ts'
import { type RecordStore, VersionConflict } from '../../../ports/records.ts'
import type { StoredBucket } from '../bucket.ts'
import { invalidRequest, invalidValue, noSuchBucket, noSuchStyle, tooManyWriters } from '../errors.ts'
import { findSetting, settingKey } from '../settings.ts'
import { processingOf } from './actions.ts'
import { type Action, isStyleName, readProcessText } from './process-text.ts'

export interface Style {
  content: string
  createdMs: number
  modifiedMs: number
}

type Styles = Readonly<Record<string, Style>>

/** The vendor's number, of one bucket. */
const STYLES_MAX = 50
/** Changes of the styles of one bucket that may come between. */
const OVERTAKEN_MAX = 20

export function requireStyleName(name: string): void {
  if (!isStyleName(name)) throw invalidValue(name, 'styleName')
}

/** What a style may be: `image/…`, without a place to keep the result. Refused when it is put, not when it is used. */
export function actionsOfStyle(content: string): readonly Action[] {
  const { wanted, saveAs } = readProcessText(content)
  if (wanted.is !== 'actions' || saveAs) throw invalidValue(content, 'Content')
  processingOf(wanted.actions)
  return wanted.actions
}

export const stylesOf = async (records: RecordStore, bucket: string): Promise<Styles> =>
  (await findSetting<Styles>(records, bucket, 'style')) ?? {}

export async function requireStyle(records: RecordStore, bucket: string, name: string): Promise<Style> {
  const styles = await stylesOf(records, bucket)
  if (!Object.hasOwn(styles, name)) throw noSuchStyle(name)
  return styles[name]!
}

/** Undefined removes it, which is no error when it is not there. */
export async function changeStyle(
  records: RecordStore,
  { key: bucketKey, value: { name: bucket } }: StoredBucket,
  name: string,
  { content, nowMs }: { content: string | undefined; nowMs: number },
): Promise<void> {
  const key = settingKey(bucket, 'style')
  for (let overtaken = 0; overtaken < OVERTAKEN_MAX; overtaken++) {
    const found = await records.get<Styles>(key)
    const { [name]: before, ...others } = found?.value ?? {}
    const style = content !== undefined && {
      content,
      createdMs: before?.createdMs ?? nowMs,
      modifiedMs: nowMs,
    }
    const styles = style ? { ...others, [name]: style } : others
    if (Object.keys(styles).length > STYLES_MAX)
      throw invalidRequest(`A bucket has at most ${STYLES_MAX} styles.`)
    try {
      await records.commit([
        { check: bucketKey, expect: 'present' },
        { put: key, value: styles, expect: found?.version ?? 'absent' },
      ])
      return
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error
      if (error.key === bucketKey) throw noSuchBucket(bucket)
    }
  }
  throw tooManyWriters()
}

export const styleXml = (name: string, { content, createdMs, modifiedMs }: Style): XmlContent => ({
  Name: name,
  Content: content,
  Category: 'image',
  CreateTime: new Date(createdMs).toUTCString(),
  LastModifyTime: new Date(modifiedMs).toUTCString(),
})
