import { taggingDocument } from '../setting-documents.ts'
import { deleteSettingOperation } from '../setting-operations.ts'

export const deleteBucketTags = deleteSettingOperation('DeleteBucketTags', taggingDocument)
