import { deleteObject } from './delete-object.ts'
import { getObject } from './get-object.ts'
import { headObject } from './head-object.ts'
import { listBuckets } from './list-buckets.ts'
import { putBucket } from './put-bucket.ts'
import { putObject } from './put-object.ts'

/** Every operation of Object Storage that is offered; whatever else is asked for is answered with NotImplemented. */
export const operations = [putObject, getObject, headObject, deleteObject, putBucket, listBuckets]
