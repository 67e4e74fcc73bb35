import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { QueueFull, TargetGone, TaskInFlight } from '../compute/async/acceptance.ts'
import type { AsyncInvocations } from '../compute/async-invocations.ts'
import type { Engine } from '../compute/engine.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import { authorizeInvocation } from '../products/functions/authorization.ts'
import type { CustomDomainDirectory } from '../products/functions/custom-domain-directory.ts'
import type { FunctionDirectory } from '../products/functions/directory.ts'
import {
  asyncTaskAlreadyExists,
  functionInvocationDisabled,
  functionNotFound,
} from '../products/functions/errors.ts'
import { LATEST } from '../products/functions/names.ts'
import { AsyncNoRoom } from '../products/functions/needs.ts'
import { statefulAsyncInvocationAlreadyExists } from '../products/functions/services/errors.ts'
import { isInService, servicePath } from '../products/functions/services/names.ts'
import { whyNotFound } from '../products/functions/services/qualifiers.ts'
import { type HttpEdge, httpEdge, shouldUpgrade } from '../triggers/http/http-edge.ts'
import type { AsyncAcceptance } from '../triggers/http/needs.ts'
import { ApiError } from '../wire/api-error.ts'
import { withFastPath } from '../wire/fast-path/fast-path.ts'
import { strictServerOptions } from '../wire/http-server.ts'
import { triggerAuthentication } from '../wire/signatures/functions-authentication.ts'
import { certificates, edgeDomainOf } from './custom-domains.ts'
import type { Foundation } from './foundation.ts'
import { portOf } from './listen.ts'
import type { Part } from './part.ts'

/** Functions are reached at names below it. */
export const edgeDomain = 'fcapp.localhost'

export interface HttpTriggersPart extends Part {
  /** Where the HTTP trigger of a function is reached, once the edge listens. */
  urlOf(functionName: string, qualifier: string): string
  /** For the endpoint of the API, which functions of services are reached at. */
  edge: HttpEdge
}

export function assembleHttpTriggers(
  { config, stores, accountId, region, identity, clock, ids, log, endpoints }: Foundation,
  {
    engine,
    directory,
    customDomains,
    asyncQueue,
  }: {
    engine: Engine
    directory: FunctionDirectory
    customDomains: CustomDomainDirectory
    asyncQueue: AsyncInvocations
  },
): HttpTriggersPart {
  const authenticate = triggerAuthentication({ lookup: identity, clock })
  const edge = httpEdge({
    table: {
      find(functionName, qualifier) {
        const known = directory.findHttpTriggerCached(accountId, functionName, qualifier)
        return known
          ? edgeTrigger(known)
          : directory
              .findHttpTrigger(accountId, functionName, qualifier)
              .then((found) => found && edgeTrigger(found))
      },
    },
    resolver: {
      resolve(functionName, qualifier) {
        const known = directory.resolveCached(accountId, functionName, qualifier)
        return known
          ? revisionIn(functionName, known)
          : directory.resolve(accountId, functionName, qualifier).then(async (resolution) => {
              const revision = revisionIn(functionName, resolution)
              if (revision || !isInService(functionName)) return revision
              throw await whyNotFound({ records: stores.records, accountId }, functionName, qualifier)
            })
      },
    },
    customDomains: {
      find(host) {
        const found = customDomains.find(accountId, host)
        return found instanceof Promise ? found.then(edgeDomainOf) : edgeDomainOf(found)
      },
    },
    authentication: {
      verify(head, target) {
        const caller = authenticate(head)
        authorizeInvocation(identity, region, caller, target, head)
        return caller
      },
    },
    accountId,
    domain: edgeDomain,
    invoker: engine,
    asyncInvocations: acceptanceOf(asyncQueue),
    clock,
    ids,
    log,
  })
  const options = { ...strictServerOptions, shouldUpgradeCallback: shouldUpgrade }
  return {
    edge,
    urlOf: (functionName, qualifier) =>
      isInService(functionName)
        ? `${endpoints['fc']}${servicePath(functionName, qualifier)}`
        : `http://${qualifier === LATEST ? '' : `${qualifier}.`}${functionName}.${edgeDomain}:${portOf(endpoints['edge'])}`,
    listeners: [
      {
        name: 'edge',
        port: config.HANSHU_EDGE_PORT,
        make: () =>
          withFastPath(createServer(options, edge.handle).on('upgrade', edge.upgrade), edge.take, log),
      },
      {
        name: 'edge-tls',
        scheme: 'https',
        port: config.HANSHU_EDGE_TLS_PORT,
        make: () =>
          createTlsServer(
            { ...options, SNICallback: certificates((host) => customDomains.find(accountId, host)) },
            edge.handle,
          ).on('upgrade', edge.upgrade),
      },
    ],
  }
}

function acceptanceOf(asyncQueue: AsyncInvocations): AsyncAcceptance {
  return {
    async accept(call) {
      const { functionName } = call
      const { is: _, ...queued } = call.is === 'http' ? { ...call, event: call.body } : call
      await asyncQueue.accept(queued).catch((error: unknown) => {
        if (error instanceof TaskInFlight) {
          const taskId = call.taskId ?? call.requestId
          throw isInService(functionName)
            ? statefulAsyncInvocationAlreadyExists(taskId)
            : asyncTaskAlreadyExists(taskId)
        }
        if (error instanceof QueueFull) throw new ApiError('ResourceExhausted', 429, error.message)
        if (error instanceof TargetGone) throw functionNotFound(functionName)
        if ((error as { code?: unknown }).code === 'ENOSPC')
          throw new ApiError('InternalServerError', 500, new AsyncNoRoom({ cause: error }).message)
        throw error
      })
    },
  }
}

function edgeTrigger({
  disableUrlInternet,
  ...settings
}: NonNullable<ReturnType<FunctionDirectory['findHttpTriggerCached']>>) {
  return { ...settings, disableURLInternet: disableUrlInternet }
}

/** The revision behind an address of the edge. Throws when its function is disabled, as the API does. */
function revisionIn(
  functionName: string,
  resolution: Awaited<ReturnType<FunctionDirectory['resolve']>>,
): FunctionRevision | undefined {
  if (resolution.outcome !== 'found') return undefined
  if (resolution.disabledBecause !== undefined) {
    throw functionInvocationDisabled(functionName, resolution.disabledBecause)
  }
  return resolution.revision
}
