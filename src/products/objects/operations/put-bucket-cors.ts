import { corsDocument } from '../setting-documents.ts'
import { putSettingOperation } from '../setting-operations.ts'

export const putBucketCors = putSettingOperation('PutBucketCors', corsDocument)
