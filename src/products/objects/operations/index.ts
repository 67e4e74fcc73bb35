import { abortMultipartUpload } from './abort-multipart-upload.ts'
import { appendObject } from './append-object.ts'
import { completeMultipartUpload } from './complete-multipart-upload.ts'
import { deleteBucket } from './delete-bucket.ts'
import { deleteBucketCors } from './delete-bucket-cors.ts'
import { deleteBucketEncryption } from './delete-bucket-encryption.ts'
import { deleteBucketLifecycle } from './delete-bucket-lifecycle.ts'
import { deleteBucketLogging } from './delete-bucket-logging.ts'
import { deleteBucketPolicy } from './delete-bucket-policy.ts'
import { deleteBucketTags } from './delete-bucket-tags.ts'
import { deleteBucketWebsite } from './delete-bucket-website.ts'
import { deleteMultipleObjects } from './delete-multiple-objects.ts'
import { deleteObject } from './delete-object.ts'
import { deleteObjectTagging } from './delete-object-tagging.ts'
import { deleteStyle } from './delete-style.ts'
import { getBucketAcl } from './get-bucket-acl.ts'
import { getBucketCors } from './get-bucket-cors.ts'
import { getBucketEncryption } from './get-bucket-encryption.ts'
import { getBucketInfo } from './get-bucket-info.ts'
import { getBucketLifecycle } from './get-bucket-lifecycle.ts'
import { getBucketLocation } from './get-bucket-location.ts'
import { getBucketLogging } from './get-bucket-logging.ts'
import { getBucketPolicy } from './get-bucket-policy.ts'
import { getBucketReferer } from './get-bucket-referer.ts'
import { getBucketRequestPayment } from './get-bucket-request-payment.ts'
import { getBucketStat } from './get-bucket-stat.ts'
import { getBucketTags } from './get-bucket-tags.ts'
import { getBucketTransferAcceleration } from './get-bucket-transfer-acceleration.ts'
import { getBucketVersioning } from './get-bucket-versioning.ts'
import { getBucketWebsite } from './get-bucket-website.ts'
import { getCallbackKey } from './get-callback-key.ts'
import { getObject } from './get-object.ts'
import { getObjectAcl } from './get-object-acl.ts'
import { getObjectMeta } from './get-object-meta.ts'
import { getObjectTagging } from './get-object-tagging.ts'
import { getStyle } from './get-style.ts'
import { getSymlink } from './get-symlink.ts'
import { headObject } from './head-object.ts'
import { initiateMultipartUpload } from './initiate-multipart-upload.ts'
import { listBuckets } from './list-buckets.ts'
import { listMultipartUploads } from './list-multipart-uploads.ts'
import { listObjectVersions } from './list-object-versions.ts'
import { listObjects } from './list-objects.ts'
import { listObjectsV2 } from './list-objects-v2.ts'
import { listParts } from './list-parts.ts'
import { listStyle } from './list-style.ts'
import { optionBucket } from './option-bucket.ts'
import { optionObject } from './option-object.ts'
import { postObject } from './post-object.ts'
import { processObject } from './process-object.ts'
import { putBucket } from './put-bucket.ts'
import { putBucketAcl } from './put-bucket-acl.ts'
import { putBucketCors } from './put-bucket-cors.ts'
import { putBucketEncryption } from './put-bucket-encryption.ts'
import { putBucketLifecycle } from './put-bucket-lifecycle.ts'
import { putBucketLogging } from './put-bucket-logging.ts'
import { putBucketPolicy } from './put-bucket-policy.ts'
import { putBucketReferer } from './put-bucket-referer.ts'
import { putBucketRequestPayment } from './put-bucket-request-payment.ts'
import { putBucketTags } from './put-bucket-tags.ts'
import { putBucketTransferAcceleration } from './put-bucket-transfer-acceleration.ts'
import { putBucketVersioning } from './put-bucket-versioning.ts'
import { putBucketWebsite } from './put-bucket-website.ts'
import { putObject } from './put-object.ts'
import { putObjectAcl } from './put-object-acl.ts'
import { putObjectTagging } from './put-object-tagging.ts'
import { putStyle } from './put-style.ts'
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
  putBucketCors,
  getBucketCors,
  deleteBucketCors,
  putBucketLifecycle,
  getBucketLifecycle,
  deleteBucketLifecycle,
  putBucketWebsite,
  getBucketWebsite,
  deleteBucketWebsite,
  putBucketEncryption,
  getBucketEncryption,
  deleteBucketEncryption,
  putBucketTags,
  getBucketTags,
  deleteBucketTags,
  putBucketReferer,
  getBucketReferer,
  putBucketPolicy,
  getBucketPolicy,
  deleteBucketPolicy,
  putStyle,
  getStyle,
  listStyle,
  deleteStyle,
  putBucketLogging,
  getBucketLogging,
  deleteBucketLogging,
  putBucketRequestPayment,
  getBucketRequestPayment,
  putBucketTransferAcceleration,
  getBucketTransferAcceleration,
  listObjects,
  listObjectsV2,
  listObjectVersions,
  putObject,
  postObject,
  appendObject,
  getObject,
  processObject,
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
