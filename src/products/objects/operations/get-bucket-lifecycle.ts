import { lifecycleDocument } from '../setting-documents.ts'
import { getSettingOperation } from '../setting-operations.ts'

export const getBucketLifecycle = getSettingOperation('GetBucketLifecycle', lifecycleDocument)
