import { createServer, type RequestListener } from 'node:http'
import { namedBlobs, PartLeases, sweepGarbage } from '../products/objects/content.ts'
import { lifecycle } from '../products/objects/lifecycle.ts'
import type { AccessPolicies } from '../products/objects/needs.ts'
import { objectsProduct } from '../products/objects/objects-product.ts'
import {
  ensureUploadBucket,
  expireUploads,
  reopenBuckets,
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

/** Who signed may do everything here (`wholeProductOnly`), and anyone else is left to the ACLs. */
const policies: AccessPolicies = { answer: ({ caller }) => (caller ? 'allow' : 'undecided') }

export async function assembleObjects(foundation: Foundation): Promise<ObjectsPart> {
  const { config, stores, clock, ids, region, accountId, identity, log } = foundation
  const { records, objectBlobs: blobs } = stores
  const leases = new PartLeases()
  const store = { records, blobs, leases, log, ids, clock }
  const lookup = wholeProductOnly(identity, 'oss')
  const product = objectsProduct({ ...store, lookup, region, policies })
  const handleRequest = requestHandler(product, log)
  const handle: RequestListener = (request, response) => void handleRequest(request, response)
  const applyLifecycles = lifecycle(store)
  await ensureUploadBucket({ records, clock })
  await reopenBuckets(records)
  await sweepGarbage(store)
  await sweepOrphans(blobs, [namedBlobs(records)])
  return {
    handle,
    uploadedObjects: uploadedObjects({ ...store, accountId }),
    uploadGrants: uploadGrants({ issue: identity.issue, ids, region }),
    listeners: [
      { name: 'oss', port: config.HANSHU_OSS_PORT, make: () => createServer(serverOptions, handle) },
    ],
    async sweep() {
      await expireUploads({ ...store, olderThanMs: uploadsKeptMs })
      await sweepGarbage(store)
      await applyLifecycles()
    },
  }
}
