import { taggingDocument } from '../setting-documents.ts'
import { getSettingOperation } from '../setting-operations.ts'

export const getBucketTags = getSettingOperation('GetBucketTags', taggingDocument)
