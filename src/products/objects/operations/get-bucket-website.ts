import { websiteDocument } from '../setting-documents.ts'
import { getSettingOperation } from '../setting-operations.ts'

export const getBucketWebsite = getSettingOperation('GetBucketWebsite', websiteDocument)
