import { createServer, type RequestListener } from 'node:http'
import { ImageProcesses } from '../drivers/images/processes.ts'
import { AccessLogs } from '../products/objects/access-logs.ts'
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
import type { AccessControl } from '../wire/access.ts'
import { serverOptions } from '../wire/http-server.ts'
import { requestHandler } from '../wire/product-server.ts'
import { reachUnder } from '../wire/reach.ts'
import type { EventTriggersPart } from './event-triggers.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'

/** An upload that was not made into a function's code by then is forgotten. */
const uploadsKeptMs = 24 * 3_600_000

export interface ObjectsPart extends Part {
  handle: RequestListener
  uploadedObjects: ReturnType<typeof uploadedObjects>
  uploadGrants: ReturnType<typeof uploadGrants>
}

/** A Deny of the caller's policies or of the bucket's denies, else an Allow of either allows. */
export const bucketAccess = (access: AccessControl): AccessPolicies => ({
  answer({ principal, bucketPolicy, ...request }) {
    const verdicts = [
      principal && access.verdictOn(principal, request),
      bucketPolicy === undefined
        ? undefined
        : access.verdictByResourcePolicy(bucketPolicy, principal, request),
    ]
    if (verdicts.includes('explicitDeny')) return 'deny'
    return verdicts.includes('allow') ? 'allow' : 'undecided'
  },
  flawOf: (bucketPolicy) => access.flawOfResourcePolicy(bucketPolicy),
})

export async function assembleObjects(
  foundation: Foundation,
  { objectListeners: listeners }: Pick<EventTriggersPart, 'objectListeners'>,
): Promise<ObjectsPart> {
  const { config, stores, clock, ids, region, accountId, identity, trail, log, closing } = foundation
  const { records, objectBlobs: blobs } = stores
  const leases = new PartLeases()
  const images = new ImageProcesses({ clock })
  closing.push(() => images.close())
  const store = { records, blobs, leases, log, ids, clock }
  const accessLogs = new AccessLogs({ ...store, listeners })
  closing.push(() => accessLogs.close())
  const product = objectsProduct({
    ...store,
    lookup: identity,
    region,
    policies: bucketAccess(identity),
    listeners,
    images,
    reachOf: reachUnder(config.HANSHU_PRIVATE_TARGETS),
    accessLogs,
  })
  const handleRequest = requestHandler(product, log, trail.observe)
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
    cloud: { name: 'oss', handle },
    listeners: [
      { name: 'oss', port: config.HANSHU_OSS_PORT, make: () => createServer(serverOptions, handle) },
    ],
    start: async () => accessLogs.start(),
    async sweep() {
      await expireUploads({ ...store, olderThanMs: uploadsKeptMs })
      await sweepGarbage(store)
      await applyLifecycles()
    },
  }
}
