import { createServer, type RequestListener, type ServerOptions } from 'node:http'
import { QueueFull, TargetGone, TaskInFlight } from '../compute/async/acceptance.ts'
import { isDelivery } from '../compute/async/queued.ts'
import type { AsyncInvocations } from '../compute/async-invocations.ts'
import { CannotDebug, type Debugging } from '../compute/debugging/debugging.ts'
import type { FunctionLogs } from '../compute/function-logs.ts'
import { instanceSessions } from '../compute/instance-sessions.ts'
import type { Ledger } from '../compute/metering/ledger.ts'
import { CodeSweeper } from '../products/functions/code-sweeper.ts'
import { codeUrlPath } from '../products/functions/code-urls.ts'
import type { CustomDomainDirectory } from '../products/functions/custom-domain-directory.ts'
import type { FunctionDirectory } from '../products/functions/directory.ts'
import { functionArn } from '../products/functions/names.ts'
import {
  AsyncNoRoom,
  AsyncQueueFull,
  AsyncTargetGone,
  DebuggingRefused,
  DuplicateAsyncTask,
  type FunctionsNeeds,
  type PlatformStatus,
  type PlatformUpkeep,
} from '../products/functions/needs.ts'
import { functionsProduct } from '../products/functions/product.ts'
import { FUNCTION_COMPUTE } from '../products/functions/roles.ts'
import { administrationProduct, isAdministration } from '../products/identity/administration/product.ts'
import { trustsService } from '../products/identity/service-roles.ts'
import { isObjectStorageRequest } from '../products/objects/objects-product.ts'
import { UPLOAD_BUCKET } from '../products/objects/uploads.ts'
import { isServicePath } from '../triggers/http/addressing.ts'
import { shouldUpgrade } from '../triggers/http/http-edge.ts'
import { type TakeRequest, withFastPath } from '../wire/fast-path/fast-path.ts'
import { serverOptions } from '../wire/http-server.ts'
import { headOf, productServer, requestHandler, splitTarget, upgradeHandler } from '../wire/product-server.ts'
import { functionsAuthentication } from '../wire/signatures/functions-authentication.ts'
import type { Compute } from './compute.ts'
import type { EventTriggersPart } from './event-triggers.ts'
import type { Foundation } from './foundation.ts'
import { edgeDomain, type HttpTriggersPart } from './http-triggers.ts'
import type { ObjectsPart } from './objects.ts'
import type { CloudService, Part } from './part.ts'
import type { ProvisioningPart } from './provisioning.ts'
import type { Upkeep } from './stores.ts'

export interface FunctionsSurroundings {
  directory: FunctionDirectory
  customDomains: CustomDomainDirectory
  compute: Compute
  provisioning: ProvisioningPart
  asyncQueue: AsyncInvocations
  objects: ObjectsPart
  eventTriggers: EventTriggersPart
  httpTriggers: HttpTriggersPart
  ledger: Ledger
  platformStatus: PlatformStatus
}

export async function assembleFunctions(
  { config, stores, upkeep, clock, ids, region, accountId, identity, trail, log }: Foundation,
  {
    directory,
    customDomains,
    compute,
    provisioning,
    asyncQueue,
    objects,
    eventTriggers,
    httpTriggers,
    ledger,
    platformStatus,
  }: FunctionsSurroundings,
): Promise<Part> {
  const { records, codeBlobs } = stores
  const { code, engine, images, logs } = compute
  const product = functionsProduct({
    records,
    codePackages: code,
    invoker: engine,
    provisioning: provisioning.provisioning,
    directory,
    customDomains,
    edgeDomain,
    clock,
    ids,
    region,
    uploadedObjects: objects.uploadedObjects,
    uploadBucket: UPLOAD_BUCKET,
    asyncInvocations: acceptanceOf(asyncQueue),
    asyncTasks: tasksOf(asyncQueue),
    deadLetters: deadLettersOf(asyncQueue),
    destinationKinds: asyncQueue.destinationKinds,
    temporaryCredentials: objects.uploadGrants,
    eventSources: eventTriggers.sources,
    functionLogs: readingOf(logs),
    ledger,
    platformStatus,
    ...(upkeep ? { upkeep: upkeepOf(upkeep) } : {}),
    ...(compute.debugging ? { debugging: debuggingOf(compute.debugging) } : {}),
    runningInstances: (functionName) =>
      engine.instances().filter((instance) => instance.functionName === functionName),
    instanceSessions: instanceSessions(engine),
    stopInvocations: (functionName) => engine.stopCalls(functionArn(region, accountId, functionName)),
    httpTriggerUrl(functionName, qualifier) {
      const url = httpTriggers.urlOf(functionName, qualifier)
      return { urlInternet: url, urlIntranet: url }
    },
    codeUrlSecret: identity.deriveSecret('code-urls'),
    authenticate: functionsAuthentication({
      lookup: identity,
      clock,
      isPublic: (path) => path.startsWith(codeUrlPath),
    }),
    access: identity,
    roles: {
      trustFunctionCompute: (roleArn) =>
        trustsService(identity, { roleArn, service: FUNCTION_COMPUTE, clock }),
    },
    runnableRuntimes: images.runnable,
  })
  const administration = requestHandler(administrationProduct({ identity, clock, ids }), log, trail.observe)
  const { handle: handleFunctions, take: takeFunctions } = productServer(product, log, trail.observe)
  const upgradeFunctions = upgradeHandler(handleFunctions)
  // Code is uploaded to the address of the API when the client was told no other.
  // Functions of services are reached here, too: their clients know one endpoint.
  const handle: RequestListener = (request, response) => {
    if (isServicePath(request.url ?? '')) httpTriggers.edge.handle(request, response)
    else if (isObjectStorageRequest(headOf(request))) objects.handle(request, response)
    else if (isAdministration(request.url ?? '')) void administration(request, response)
    else void handleFunctions(request, response)
  }

  const take: TakeRequest = (request) => {
    const { url, headers } = request
    const isOthers =
      isServicePath(url) || isAdministration(url) || isObjectStorageRequest({ headers, ...splitTarget(url) })
    return isOthers ? undefined : takeFunctions(request)
  }

  const upgrades: NonNullable<CloudService['upgrades']> = {
    should: (request) =>
      shouldUpgrade(request) && (isServicePath(request.url ?? '') || isInstanceExec(request.url ?? '')),
    upgrade(request, socket, head) {
      if (isServicePath(request.url ?? '')) httpTriggers.edge.upgrade(request, socket, head)
      else upgradeFunctions(request, socket, head)
    },
  }
  const options: ServerOptions = { ...serverOptions, shouldUpgradeCallback: upgrades.should }

  const sweeper = new CodeSweeper({
    records,
    blobs: codeBlobs,
    clock,
    unusedForMs: config.HANSHU_UNUSED_CODE_SECONDS * 1000,
    inUse: () => engine.codeInUse(),
  })
  const discard = async (blobIds: Iterable<string>) => {
    for (const blobId of blobIds) await code.discard({ blobId, sizeBytes: 0, crc64: '' })
  }
  await discard(await sweeper.sweepAtStart())
  return {
    cloud: { name: 'fc', handle, upgrades },
    listeners: [
      {
        name: 'fc',
        port: config.HANSHU_FC_PORT,
        make: () => withFastPath(createServer(options, handle).on('upgrade', upgrades.upgrade), take, log),
      },
    ],
    start: () => asyncQueue.start(),
    async sweep() {
      await discard(await sweeper.sweep())
      await asyncQueue.sweep()
    },
  }
}

/** The one operation that is asked for by WebSocket. */
const isInstanceExec = (url: string): boolean => /\/instances\/[^/?]+\/exec(\?|$)/.test(url)

const debuggingOf = (debugging: Debugging): NonNullable<FunctionsNeeds['debugging']> => ({
  open: (request) =>
    debugging.open(request).catch((error: unknown) => {
      if (error instanceof CannotDebug) throw new DebuggingRefused(error.message)
      throw error
    }),
})

function acceptanceOf(asyncQueue: AsyncInvocations): FunctionsNeeds['asyncInvocations'] {
  return {
    async accept({ acceptedAtMs: _, taskId, requestId, ...accepted }) {
      const own = taskId === requestId ? {} : { taskId }
      await asyncQueue.accept({ ...accepted, requestId, ...own }).catch((error: unknown) => {
        if (error instanceof TaskInFlight) throw new DuplicateAsyncTask(taskId)
        if (error instanceof QueueFull) throw new AsyncQueueFull()
        if (error instanceof TargetGone) throw new AsyncTargetGone()
        if ((error as { code?: unknown }).code === 'ENOSPC') throw new AsyncNoRoom({ cause: error })
        throw error
      })
    },
  }
}

const tasksOf = ({ tasks }: AsyncInvocations): FunctionsNeeds['asyncTasks'] => ({
  list: (query) => tasks.list(query),
  get: async (accountId, functionName, taskId) =>
    (await tasks.read({ accountId, functionName }, taskId))?.value,
  stop: (accountId, functionName, taskId) => tasks.stop(accountId, functionName, taskId),
})

const deadLettersOf = ({ deadLetters }: AsyncInvocations): FunctionsNeeds['deadLetters'] => ({
  redrive: (name, requestIds) => deadLetters.redrive(name, requestIds),
  purge: (name, requestIds) => deadLetters.purge(name, requestIds),

  async list(query) {
    const { letters, next } = await deadLetters.list(query)
    return {
      letters: letters.map(({ item, ...letter }) => ({
        requestId: item.requestId,
        ...(isDelivery(item)
          ? { what: 'delivery', destination: item.destination }
          : {
              what: 'event',
              qualifier: item.qualifier,
              ...(item.triggerName === undefined ? {} : { triggerName: item.triggerName }),
            }),
        ...(item.taskId === undefined ? {} : { taskId: item.taskId }),
        ...letter,
      })),
      ...(next === undefined ? {} : { next }),
    }
  },
})

function readingOf(logs: FunctionLogs): FunctionsNeeds['functionLogs'] {
  return {
    // Without a cursor the newest lines are wanted; with one, those that follow it.
    async *read({ follow, signal, limit, ...query }) {
      const asked = query.cursor === undefined ? { ...query, tail: limit } : query
      let left = query.cursor === undefined || follow ? Number.POSITIVE_INFINITY : limit
      for await (const { line, cursor } of logs.read(asked, { follow, signal })) {
        yield { ...line, cursor }
        if (--left <= 0) return
      }
    },
  }
}

const upkeepOf = ({ scrubber, snapshot }: Upkeep): PlatformUpkeep => ({
  scrub() {
    scrubber.scrubNow()
    return scrubber.state()
  },
  snapshot,
})
