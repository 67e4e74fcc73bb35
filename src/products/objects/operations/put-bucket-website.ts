import { websiteDocument } from '../setting-documents.ts'
import { putSettingOperation } from '../setting-operations.ts'

export const putBucketWebsite = putSettingOperation('PutBucketWebsite', websiteDocument)
