import { lifecycleDocument } from '../setting-documents.ts'
import { deleteSettingOperation } from '../setting-operations.ts'

export const deleteBucketLifecycle = deleteSettingOperation('DeleteBucketLifecycle', lifecycleDocument)
