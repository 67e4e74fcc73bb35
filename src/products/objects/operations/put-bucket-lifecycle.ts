import { lifecycleDocument } from '../setting-documents.ts'
import { putSettingOperation } from '../setting-operations.ts'

export const putBucketLifecycle = putSettingOperation('PutBucketLifecycle', lifecycleDocument)
