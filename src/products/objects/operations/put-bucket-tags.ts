import { taggingDocument } from '../setting-documents.ts'
import { putSettingOperation } from '../setting-operations.ts'

export const putBucketTags = putSettingOperation('PutBucketTags', taggingDocument)
