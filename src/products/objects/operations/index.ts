import { abortMultipartUpload } from './abort-multipart-upload.ts'
import { appendObject } from './append-object.ts'
import { getBucketAcl, putBucketAcl } from './bucket-acl.ts'
import { bucketSettings } from './bucket-settings.ts'
import { getBucketVersioning, putBucketVersioning } from './bucket-versioning.ts'
import { completeMultipartUpload } from './complete-multipart-upload.ts'
import { deleteBucket } from './delete-bucket.ts'
import { deleteMultipleObjects } from './delete-multiple-objects.ts'
import { deleteObject } from './delete-object.ts'
import { getBucketInfo } from './get-bucket-info.ts'
import { getBucketLocation } from './get-bucket-location.ts'
import { getBucketStat } from './get-bucket-stat.ts'
import { getCallbackKey } from './get-callback-key.ts'
import { getObject } from './get-object.ts'
import { getObjectMeta } from './get-object-meta.ts'
import { getSymlink } from './get-symlink.ts'
import { headObject } from './head-object.ts'
import { initiateMultipartUpload } from './initiate-multipart-upload.ts'
import { listBuckets } from './list-buckets.ts'
import { listMultipartUploads } from './list-multipart-uploads.ts'
import { listObjectVersions } from './list-object-versions.ts'
import { listObjects } from './list-objects.ts'
import { listObjectsV2 } from './list-objects-v2.ts'
import { listParts } from './list-parts.ts'
import { getObjectAcl, putObjectAcl } from './object-acl.ts'
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './object-tagging.ts'
import { optionBucket, optionObject } from './option-object.ts'
import { postObject } from './post-object.ts'
import { putBucket } from './put-bucket.ts'
import { putObject } from './put-object.ts'
import { putSymlink } from './put-symlink.ts'
import { restoreObject } from './restore-object.ts'
import { uploadPart } from './upload-part.ts'

/**
 * Every operation of Object Storage that is offered; whatever else is asked for is answered with NotImplemented.
 * CopyObject and UploadPartCopy are PutObject and UploadPart with a header that says so.
 */
export const operations = [
  listBuckets,
  putBucket,
  deleteBucket,
  getBucketInfo,
  getBucketLocation,
  getBucketStat,
  putBucketAcl,
  getBucketAcl,
  putBucketVersioning,
  getBucketVersioning,
  ...bucketSettings,
  listObjects,
  listObjectsV2,
  listObjectVersions,
  putObject,
  postObject,
  appendObject,
  getObject,
  headObject,
  getObjectMeta,
  deleteObject,
  deleteMultipleObjects,
  putObjectAcl,
  getObjectAcl,
  putObjectTagging,
  getObjectTagging,
  deleteObjectTagging,
  putSymlink,
  getSymlink,
  restoreObject,
  initiateMultipartUpload,
  uploadPart,
  completeMultipartUpload,
  abortMultipartUpload,
  listParts,
  listMultipartUploads,
  optionObject,
  optionBucket,
  getCallbackKey,
]
