import { encryptionDocument } from '../setting-documents.ts'
import { putSettingOperation } from '../setting-operations.ts'

export const putBucketEncryption = putSettingOperation('PutBucketEncryption', encryptionDocument)
