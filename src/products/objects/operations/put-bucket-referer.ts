import { refererDocument } from '../setting-documents.ts'
import { putSettingOperation } from '../setting-operations.ts'

export const putBucketReferer = putSettingOperation('PutBucketReferer', refererDocument)
