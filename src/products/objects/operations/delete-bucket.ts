import { bucketKey, changeBucket } from '../bucket.ts'
import { bucketNotEmpty } from '../errors.ts'
import { objectsOf, uploadsOf, versionsOf } from '../keys.ts'
import { none, operation } from '../product.ts'
import { SETTING_KINDS, settingKey } from '../settings.ts'

/**
 * First nothing may be written any more, then one looks whether anything is there: so a write that is acknowledged is
 * never lost with its bucket. Were we to die in between, the next start opens the bucket again.
 */
export const deleteBucket = operation({
  name: 'DeleteBucket',
  route: 'DELETE /{bucket}',
  body: none,

  async handle({ path: { bucket } }, { records }) {
    await changeBucket(records, bucket, (current) => ({ ...current, closing: true }))
    for (const prefix of [objectsOf(bucket), versionsOf(bucket), uploadsOf(bucket)]) {
      if ((await records.list({ prefix, limit: 1 })).length === 0) continue
      const found = await records.get<{ closing?: true }>(bucketKey(bucket))
      const { closing: _, ...open } = found!.value
      await records.commit([{ put: bucketKey(bucket), value: open, expect: found!.version }])
      throw bucketNotEmpty(bucket)
    }
    await records.commit([
      { remove: bucketKey(bucket), expect: 'present' },
      ...SETTING_KINDS.map((kind) => ({ remove: settingKey(bucket, kind) })),
    ])
    return { status: 204 }
  },
})
