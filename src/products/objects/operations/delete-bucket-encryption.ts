import { encryptionDocument } from '../setting-documents.ts'
import { deleteSettingOperation } from '../setting-operations.ts'

export const deleteBucketEncryption = deleteSettingOperation('DeleteBucketEncryption', encryptionDocument)
