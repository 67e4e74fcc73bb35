import { websiteDocument } from '../setting-documents.ts'
import { deleteSettingOperation } from '../setting-operations.ts'

export const deleteBucketWebsite = deleteSettingOperation('DeleteBucketWebsite', websiteDocument)
