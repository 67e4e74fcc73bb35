import { createServer, type RequestListener } from 'node:http'
import { objectsProduct } from '../products/objects/objects-product.ts'
import {
  ensureUploadBucket,
  expireUploads,
  namedBlobs,
  sweepOrphans,
  uploadedObjects,
  uploadGrants,
} from '../products/objects/uploads.ts'
import { serverOptions } from '../wire/http-server.ts'
import { requestHandler } from '../wire/product-server.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'
import { wholeProductOnly } from './whole-product-only.ts'

/** An upload that was not made into a function's code by then is forgotten. */
const uploadsKeptMs = 24 * 3_600_000

export interface ObjectsPart extends Part {
  handle: RequestListener
  uploadedObjects: ReturnType<typeof uploadedObjects>
  uploadGrants: ReturnType<typeof uploadGrants>
}

export async function assembleObjects(foundation: Foundation): Promise<ObjectsPart> {
  const { config, stores, clock, ids, region, accountId, identity, log } = foundation
  const { records, objectBlobs: blobs } = stores
  const product = objectsProduct({
    records,
    blobs,
    clock,
    ids,
    lookup: wholeProductOnly(identity, 'oss'),
    region,
  })
  const handleRequest = requestHandler(product, log)
  const handle: RequestListener = (request, response) => void handleRequest(request, response)
  await ensureUploadBucket({ records, clock })
  await sweepOrphans(blobs, [namedBlobs(records)])
  return {
    handle,
    uploadedObjects: uploadedObjects({ records, blobs, accountId }),
    uploadGrants: uploadGrants({ issue: identity.issue, ids, region }),
    listeners: [
      { name: 'oss', port: config.HANSHU_OSS_PORT, make: () => createServer(serverOptions, handle) },
    ],
    async sweep() {
      await expireUploads({ records, blobs, clock, olderThanMs: uploadsKeptMs })
    },
  }
}
