import { corsDocument } from '../setting-documents.ts'
import { deleteSettingOperation } from '../setting-operations.ts'

export const deleteBucketCors = deleteSettingOperation('DeleteBucketCors', corsDocument)
