import { encryptionDocument } from '../setting-documents.ts'
import { getSettingOperation } from '../setting-operations.ts'

export const getBucketEncryption = getSettingOperation('GetBucketEncryption', encryptionDocument)
