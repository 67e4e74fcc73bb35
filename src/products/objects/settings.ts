/** Settings of buckets that are longer than a word, each a record of its own. What is kept is what was validated. */
import { type RecordStore, VersionConflict, type Write } from '../../ports/records.ts'
import type { StoredBucket } from './bucket.ts'
import { noSuchBucket } from './errors.ts'

/** Every kind: all of them go with their bucket. */
export const SETTING_KINDS = [
  'cors',
  'encryption',
  'lifecycle',
  'policy',
  'referer',
  'style',
  'tagging',
  'website',
] as const
export type SettingKind = (typeof SETTING_KINDS)[number]

export const settingsOfKind = (kind: SettingKind): string => `objects/setting/${kind}/`
export const settingKey = (bucket: string, kind: SettingKind): string => `${settingsOfKind(kind)}${bucket}`

export async function findSetting<T>(
  records: RecordStore,
  bucket: string,
  kind: SettingKind,
): Promise<T | undefined> {
  return (await records.get<T>(settingKey(bucket, kind)))?.value
}

export const putSetting = (records: RecordStore, bucket: StoredBucket, kind: SettingKind, value: unknown) =>
  write(records, bucket, { put: settingKey(bucket.value.name, kind), value })

export const removeSetting = (records: RecordStore, bucket: StoredBucket, kind: SettingKind) =>
  write(records, bucket, { remove: settingKey(bucket.value.name, kind) })

/** With its bucket, or not at all. */
async function write(records: RecordStore, { key, value }: StoredBucket, change: Write): Promise<void> {
  try {
    await records.commit([{ check: key, expect: 'present' }, change])
  } catch (error) {
    if (error instanceof VersionConflict) throw noSuchBucket(value.name)
    throw error
  }
}
