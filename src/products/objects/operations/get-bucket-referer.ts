import { refererDocument } from '../setting-documents.ts'
import { getSettingOperation } from '../setting-operations.ts'

export const getBucketReferer = getSettingOperation('GetBucketReferer', refererDocument)
