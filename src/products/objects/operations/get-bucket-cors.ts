import { corsDocument } from '../setting-documents.ts'
import { getSettingOperation } from '../setting-operations.ts'

export const getBucketCors = getSettingOperation('GetBucketCors', corsDocument)
