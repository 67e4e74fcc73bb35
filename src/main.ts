/**
 * The composition root: the only file that knows every part.
 * Reads the settings, opens the drivers of the mode, gives products, compute and triggers what they need, and listens.
 */
import { createHash } from 'node:crypto'
import { access, mkdir, realpath, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asyncInvocations, QueueFull, TaskInFlight } from './compute/async-invocations.ts'
import { codePreparation } from './compute/code-preparation.ts'
import { codeStore } from './compute/code-store.ts'
import { type Engine, engine } from './compute/engine.ts'
import { functionLogs } from './compute/function-logs.ts'
import { loadRuntimeCatalog } from './compute/runtime-catalog.ts'
import { runtimeImages } from './compute/runtime-images.ts'
import { WarmPool } from './compute/warm-pool.ts'
import { type Config, installationDir, loadConfig } from './config/config.ts'
import { fileBlobStore } from './drivers/embedded/blobs.ts'
import { lockDataDir } from './drivers/embedded/data-dir.ts'
import { sqliteRecordStore } from './drivers/embedded/records.ts'
import { sqliteStreamStore } from './drivers/embedded/streams.ts'
import { memoryBlobStore } from './drivers/memory/blobs.ts'
import { memoryRecordStore } from './drivers/memory/records.ts'
import { memoryStreamStore } from './drivers/memory/streams.ts'
import { enterCommand, needsPrivateNamespace } from './drivers/sandbox/oci/namespace.ts'
import { ociSandboxDriver } from './drivers/sandbox/oci/oci-sandbox-driver.ts'
import { processSandboxDriver } from './drivers/sandbox/process/process-sandbox-driver.ts'
import { systemClock } from './lib/clock.ts'
import { randomIds } from './lib/ids.ts'
import type { Logger } from './lib/logger.ts'
import { nodeBinary } from './lib/node-binaries.ts'
import { platformLogger } from './lib/platform-logger.ts'
import { processorIdleShare } from './lib/processor-idle-share.ts'
import { clearReadyFile, writeReadyFile } from './lib/ready-file.ts'
import { isDefect, reasonOf } from './lib/reason.ts'
import type { FunctionRevision } from './ports/invocation.ts'
import type { SandboxDriver } from './ports/sandbox.ts'
import { CodeSweeper } from './products/functions/code-sweeper.ts'
import { codeUrlPath } from './products/functions/code-urls.ts'
import { FunctionDirectory } from './products/functions/directory.ts'
import { functionInvocationDisabled } from './products/functions/errors.ts'
import { functionsPrefix } from './products/functions/keys.ts'
import { LATEST } from './products/functions/names.ts'
import { AsyncQueueFull, DuplicateAsyncTask } from './products/functions/needs.ts'
import { functionsProduct } from './products/functions/product.ts'
import { identity as openIdentity } from './products/identity/identity.ts'
import { isObjectStorageRequest, objectsProduct } from './products/objects/objects-product.ts'
import {
  ensureUploadBucket,
  expireUploads,
  namedBlobs,
  sweepOrphans,
  uploadedObjects,
  uploadGrants,
} from './products/objects/uploads.ts'
import { httpEdge, shouldUpgrade } from './triggers/http/http-edge.ts'
import { ApiError } from './wire/api-error.ts'
import { serverOptions, strictServerOptions } from './wire/http-server.ts'
import { listenAll } from './wire/listeners.ts'
import { headOf, requestHandler } from './wire/product-server.ts'
import { functionsAuthentication, triggerAuthentication } from './wire/signatures/functions-authentication.ts'

const version = '0.1.0'
const edgeDomain = 'fcapp.localhost'
const hourMs = 3_600_000
/** Credentials of a role are good for longer than they are handed out, so that a function can finish with them. */
const roleCredentialsMs = 2 * hourMs

/** A part that cannot be closed in this time is left to the next start, which sweeps. */
const stopTimeoutMs = 60_000

async function main(): Promise<void> {
  // Instances are other users and must be able to read their code; secrets lie in a folder that only we may enter.
  process.umask(0o022)
  const config = loadConfig(process.env)
  const sandboxKind = await chooseSandbox(config)
  if (sandboxKind === 'oci' && needsPrivateNamespace()) enterPrivateNamespace()
  const startedMs = systemClock.now()
  const log = platformLogger({ level: config.HANSHU_LOG_LEVEL, version })
  const closing: (() => Promise<void> | void)[] = []
  const stop = async (exitCode: number) => {
    systemClock.after(stopTimeoutMs, () => {
      log.error({ stopTimeoutMs }, 'the platform could not be closed in time')
      process.exit(1)
    })
    for (const close of closing.splice(0).reverse()) {
      try {
        await close()
      } catch (error) {
        log.error({ err: error }, 'a part could not be closed cleanly')
      }
    }
    process.exit(exitCode)
  }

  let started = false
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // Who says it twice while we are starting does not want to wait for that.
      if (stopping && !started) process.exit(1)
      if (stopping) return
      stopping = true
      log.info({ signal }, 'the platform is stopping')
      // What is half made cannot be taken back: a start is finished first.
      if (started) void stop(0)
    })
  }

  try {
    await start({ config, sandboxKind, startedMs, log, closing })
  } catch (error) {
    if (isDefect(error)) log.error({ err: error }, 'a defect of ours')
    else log.debug({ err: error }, 'why the platform could not start')
    process.stderr.write(`hanshu: could not start: ${reasonOf(error)}\n`)
    await stop(1)
  }
  started = true
  if (stopping) await stop(0)
}

interface Starting {
  config: Config
  sandboxKind: 'oci' | 'process'
  startedMs: number
  log: Logger
  /** What undoes each step, in order; run backwards. */
  closing: (() => Promise<void> | void)[]
}

async function start({ config, sandboxKind, startedMs, log, closing }: Starting): Promise<void> {
  const { HANSHU_ACCOUNT_ID: accountId, HANSHU_REGION: region, HANSHU_HOST: host } = config
  const clock = systemClock
  const ids = randomIds

  const dataDir = resolve(config.HANSHU_DATA)
  const owned = lockDataDir(dataDir)
  closing.push(() => owned.release())
  const readyFiles = [
    join(dataDir, 'ready.json'),
    ...(config.HANSHU_READY_FILE === undefined ? [] : [resolve(config.HANSHU_READY_FILE)]),
  ]
  for (const file of readyFiles) await clearReadyFile(file)
  const stores = await openStores(dataDir, config.HANSHU_EPHEMERAL)
  closing.push(async () => {
    for (const store of Object.values(stores)) await store.close()
  })
  const { records, streams, objectBlobs, codeBlobs } = stores

  const driver = await openSandboxDriver({ config, kind: sandboxKind, dataDir, log })
  closing.push(() => driver.close())
  if (!driver.isolates) {
    log.warn(
      { sandbox: driver.name },
      'functions run WITHOUT ISOLATION: the process sandbox is for development only',
    )
  }

  const identity = await openIdentity({ records, clock, accountId })
  const logs = functionLogs({
    streams,
    clock,
    log,
    bytesMaxPerFunction: config.HANSHU_LOG_MB_PER_FUNCTION * 1_048_576,
  })
  closing.push(() => logs.close())
  const warmPool = new WarmPool({ driver, clock, ids, log, bootsAtOnce: availableParallelism() + 1 })
  const images = await runtimeImages({
    catalog: loadRuntimeCatalog(join(installationDir, 'runtimes')),
    nodeBinary: (major) =>
      nodeBinary(major, {
        toolsDir: join(installationDir, '.tools'),
        announce: (sentence) => log.info({ major }, sentence),
      }),
  })
  const codeDir = join(dataDir, 'code')
  const preparation = await codePreparation({
    driver,
    clock,
    ids,
    log,
    dir: join(codeDir, 'prepared'),
    imageOf: (runtime) => images.imageOf(runtime),
  })
  closing.push(() => preparation.close())
  const code = await codeStore({ blobs: codeBlobs, dir: codeDir, preparation })

  // ── compute ────────────────────────────────────────────────────────────────────────────────────────────────────────
  const credentials = new Map<string, { value: ReturnType<typeof identity.issue>; untilMs: number }>()
  async function credentialsFor({ role }: FunctionRevision) {
    if (role === undefined) return undefined
    const kept = credentials.get(role)
    if (kept && kept.untilMs > clock.now()) return kept.value
    const value = identity.issue({
      allows: { to: 'actAsRole', roleArn: role },
      durationMs: roleCredentialsMs,
    })
    if (credentials.size >= 1000) credentials.delete(credentials.keys().next().value!)
    credentials.set(role, { value, untilMs: clock.now() + roleCredentialsMs / 2 })
    return value
  }
  const compute: Engine = engine(
    {
      clock,
      log,
      logSink: logs,
      processorIdleShare: processorIdleShare(clock),
      warmPool,
      imageOf: (runtime) => images.imageOf(runtime),
      materialize: (revision) => code.materialize(revision),
      credentialsFor,
      instancesMaxOf: ({ functionName }) =>
        directory.reservedConcurrencyCached(accountId, functionName)?.limit,
    },
    {
      idleMs: config.HANSHU_IDLE_SECONDS * 1000,
      freezeAfterMs: config.HANSHU_FREEZE_AFTER_MS,
      instancesMax: config.HANSHU_INSTANCES_MAX,
    },
  )
  closing.push(
    () => warmPool.close(),
    () => compute.close(),
  )

  // ── products ───────────────────────────────────────────────────────────────────────────────────────────────────────
  const directory = new FunctionDirectory(records, {
    region,
    random: Math.random,
    changed: (_, functionName) => void follow(functionName),
  })
  /** A function that was written is made ready for; one that was removed loses its instances and its log. */
  async function follow(functionName: string): Promise<void> {
    try {
      const resolution = await directory.resolve(accountId, functionName, LATEST)
      if (resolution.outcome === 'found') await warmUp(resolution.revision)
      else if (resolution.outcome === 'functionNotFound') {
        compute.retireFunction(`acs:fc:${region}:${accountId}:functions/${functionName}`)
        await logs.remove(accountId, functionName)
      }
    } catch (error) {
      log.warn({ err: error, functionName }, 'a change of a function could not be followed')
    }
  }
  async function warmUp(revision: FunctionRevision): Promise<void> {
    warmPool.keepReady(await images.imageOf(revision.runtime), config.HANSHU_POOL_SIZE)
    await code.materialize(revision)
  }

  const asyncQueue = asyncInvocations({
    records,
    invoker: compute,
    clock,
    ids,
    log,
    async resolve(account, functionName, qualifier) {
      const resolution = await directory.resolve(account, functionName, qualifier)
      return resolution.outcome === 'found' ? resolution.revision : undefined
    },
    async policyOf(account, functionName, qualifier) {
      return directory.asyncSettingsOf(account, functionName, qualifier)
    },
  })
  closing.push(() => asyncQueue.close())

  const endpoints: Record<string, string> = {}
  const functions = functionsProduct({
    records,
    codePackages: code,
    invoker: compute,
    directory,
    clock,
    ids,
    region,
    uploadedObjects: uploadedObjects({ records, blobs: objectBlobs, accountId }),
    asyncInvocations: {
      async accept({ acceptedAtMs: _, taskId, requestId, ...accepted }) {
        const own = taskId === requestId ? {} : { taskId }
        await asyncQueue.accept({ ...accepted, requestId, ...own }).catch((error: unknown) => {
          if (error instanceof TaskInFlight) throw new DuplicateAsyncTask(taskId)
          if (error instanceof QueueFull) throw new AsyncQueueFull()
          throw error
        })
      },
    },
    temporaryCredentials: uploadGrants({ issue: identity.issue, ids, region }),
    functionLogs: {
      // Without a cursor the newest lines are wanted; with one, those that follow it.
      async *read({ follow: goOn, signal, limit, ...query }) {
        const asked = query.cursor === undefined ? { ...query, tail: limit } : query
        let left = query.cursor === undefined || goOn ? Number.POSITIVE_INFINITY : limit
        for await (const { line, cursor } of logs.read(asked, { follow: goOn, signal })) {
          yield { ...line, cursor }
          if (--left <= 0) return
        }
      },
    },
    platformStatus: { read: async () => status() },
    httpTriggerUrl: (functionName, qualifier) => {
      const url = `http://${qualifier === LATEST ? '' : `${qualifier}.`}${functionName}.${edgeDomain}:${portOf(endpoints['edge'])}`
      return { urlInternet: url, urlIntranet: url }
    },
    codeUrlSecret: identity.deriveSecret('code-urls'),
    authenticate: functionsAuthentication({
      lookup: identity,
      clock,
      isPublic: (path) => path.startsWith(codeUrlPath),
    }),
    runnableRuntimes: images.runnable,
  })
  const objects = objectsProduct({ records, blobs: objectBlobs, clock, ids, lookup: identity, region })
  await ensureUploadBucket({ records, clock })
  await sweepOrphans(objectBlobs, [namedBlobs(records)])
  const sweeper = new CodeSweeper({ records, blobs: codeBlobs, clock })
  for (const blobId of await sweeper.sweepAtStart()) await code.discard({ blobId, sizeBytes: 0, crc64: '' })

  // ── triggers ───────────────────────────────────────────────────────────────────────────────────────────────────────
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
          : directory
              .resolve(accountId, functionName, qualifier)
              .then((resolution) => revisionIn(functionName, resolution))
      },
    },
    authentication: { verify: triggerAuthentication({ lookup: identity, clock }) },
    accountId,
    domain: edgeDomain,
    invoker: compute,
    asyncInvocations: {
      async accept(call) {
        if (call.is === 'http')
          throw new ApiError(
            'NotImplemented',
            501,
            'Asynchronous invocation of custom runtimes by HTTP trigger is not supported.',
          )
        const { is: _, ...accepted } = call
        await asyncQueue.accept(accepted).catch((error: unknown) => {
          if (error instanceof TaskInFlight)
            throw new ApiError('StatefulAsyncInvocationAlreadyExists', 409, error.message)
          if (error instanceof QueueFull) throw new ApiError('ResourceExhausted', 429, error.message)
          throw error
        })
      },
    },
    clock,
    ids,
    log,
  })

  // ── listeners ──────────────────────────────────────────────────────────────────────────────────────────────────────
  const handleFunctions = requestHandler(functions, log)
  const handleObjects = requestHandler(objects, log)
  const apiHandler = (request: IncomingMessage, response: ServerResponse) => {
    void (isObjectStorageRequest(headOf(request)) ? handleObjects : handleFunctions)(request, response)
  }
  const gateway = 'gatewayAddress' in driver ? (driver.gatewayAddress as string | undefined) : undefined
  const hosts = gateway === undefined || gateway === host ? [host] : [host, gateway]
  const auto = config.HANSHU_PORTS === 'auto'
  const listeners = [
    {
      name: 'fc',
      port: config.HANSHU_FC_PORT,
      make: () => createServer(serverOptions, apiHandler),
    },
    {
      name: 'oss',
      port: config.HANSHU_OSS_PORT,
      make: () => createServer(serverOptions, (request, response) => void handleObjects(request, response)),
    },
    {
      name: 'edge',
      port: config.HANSHU_EDGE_PORT,
      make: () =>
        createServer({ ...strictServerOptions, shouldUpgradeCallback: shouldUpgrade }, edge.handle).on(
          'upgrade',
          edge.upgrade,
        ),
    },
  ]
  const ports: number[] = []
  for (const { name, port: wanted, make } of listeners) {
    const port = await listenAll(make, hosts, auto ? 0 : wanted, name, closing, log)
    endpoints[name] = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
    ports.push(port)
  }
  if ('allowPorts' in driver) await (driver.allowPorts as (ports: readonly number[]) => Promise<void>)(ports)

  // ── ready ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  for (const file of readyFiles) {
    closing.push(() => rm(file, { force: true }))
    await writeReadyFile(file, {
      pid: process.pid,
      version,
      accountId,
      region,
      ...identity.root,
      sandbox: driver.name,
      endpoints,
    })
  }
  log.info(
    { endpoints, sandbox: driver.name, dataDir, readyMs: systemClock.now() - startedMs },
    'the platform is up',
  )
  process.stdout.write(banner({ endpoints, sandbox: driver, dataDir }))

  await asyncQueue.start()
  void warmKnownRuntimes().catch((error: unknown) =>
    log.warn({ err: error }, 'the pools could not be filled'),
  )
  sweepNowAndThen()

  /** The runtimes of the functions that are there already. */
  async function warmKnownRuntimes(): Promise<void> {
    const known = await records.list<{ config?: { runtime?: string } }>({
      prefix: functionsPrefix(accountId),
      limit: 1000,
    })
    const runtimes = new Set(known.flatMap(({ value }) => value.config?.runtime ?? []))
    for (const runtime of runtimes) warmPool.keepReady(await images.imageOf(runtime), config.HANSHU_POOL_SIZE)
  }

  function sweepNowAndThen(): void {
    const sweep = async () => {
      for (const blobId of await sweeper.sweep()) await code.discard({ blobId, sizeBytes: 0, crc64: '' })
      await expireUploads({ records, blobs: objectBlobs, clock, olderThanMs: 24 * hourMs })
    }
    const again = () =>
      clock.after(hourMs, () => {
        void sweep()
          .catch((error: unknown) => log.warn({ err: error }, 'sweeping failed; it is tried again'))
          .finally(again)
      })
    closing.push(again())
  }

  function status(): Record<string, unknown> {
    const instances = compute.instances()
    return {
      version,
      uptimeSeconds: Math.round((clock.now() - startedMs) / 1000),
      accountId,
      region,
      sandbox: { driver: driver.name, isolates: driver.isolates },
      endpoints,
      pools: warmPool.counts(),
      asyncQueueDepth: asyncQueue.depth(),
      instances: instances.map(({ functionName, versionId, instanceId, state, served }) => ({
        functionName,
        versionId,
        instanceId,
        state,
        served,
      })),
      memory: { rssMb: Math.round(process.memoryUsage.rss() / 1_048_576) },
    }
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

async function openStores(dataDir: string, ephemeral: boolean) {
  if (ephemeral) {
    return {
      records: memoryRecordStore(),
      streams: memoryStreamStore(),
      objectBlobs: memoryBlobStore(),
      codeBlobs: memoryBlobStore(),
    }
  }
  const [records, streams, objectBlobs, codeBlobs] = await Promise.all([
    sqliteRecordStore({ file: join(dataDir, 'records.db') }),
    sqliteStreamStore({ file: join(dataDir, 'streams.db') }),
    fileBlobStore({ dir: join(dataDir, 'blobs/objects') }),
    fileBlobStore({ dir: join(dataDir, 'blobs/code') }),
  ])
  return { records, streams, objectBlobs, codeBlobs }
}

async function chooseSandbox({
  HANSHU_SANDBOX: wanted,
  HANSHU_OCI_RUNTIME: runtime,
}: Config): Promise<'oci' | 'process'> {
  if (wanted !== 'auto') return wanted
  const root = process.platform === 'linux' && process.getuid?.() === 0
  const folders = (process.env['PATH'] ?? '').split(':').concat('/usr/sbin', '/sbin', '/usr/local/sbin')
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, runtime)).then(
        () => true,
        () => false,
      ),
    ),
  )
  return root && found.includes(true) ? 'oci' : 'process'
}

/** Runs this program once more, in place, inside a mount namespace of its own. Does not return. */
function enterPrivateNamespace(): never {
  const { argv, env } = enterCommand([process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)])
  process.execve!(argv[0]!, argv, { ...process.env, ...env } as Record<string, string>)
  throw new Error('the private mount namespace could not be entered')
}

async function openSandboxDriver({
  config,
  kind,
  dataDir,
  log,
}: {
  config: Config
  kind: 'oci' | 'process'
  dataDir: string
  log: Logger
}): Promise<SandboxDriver> {
  const runDir = join(dataDir, 'run')
  await mkdir(runDir, { recursive: true, mode: 0o700 })
  if (kind === 'process') return processSandboxDriver({ runDir, log })
  // Everything on the machine that belongs to this data folder carries this name, so that its next owner finds it.
  const ownerId = createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
    .slice(0, 8)
  return ociSandboxDriver({
    ownerId,
    runDir,
    diskDir: join(dataDir, 'disks'),
    runtimeName: config.HANSHU_OCI_RUNTIME,
    log,
  })
}

const portOf = (endpoint: string | undefined): string =>
  endpoint === undefined ? '' : new URL(endpoint).port

function banner({
  endpoints,
  sandbox,
  dataDir,
}: {
  endpoints: Record<string, string>
  sandbox: SandboxDriver
  dataDir: string
}): string {
  return [
    `Hanshu ${version} is up.`,
    `  Function Compute API  ${endpoints['fc']}`,
    `  HTTP triggers         ${endpoints['edge']}   (http://NAME.${edgeDomain}:${portOf(endpoints['edge'])}/)`,
    `  Object Storage        ${endpoints['oss']}   (code upload)`,
    `  sandbox               ${sandbox.name}${sandbox.isolates ? '' : '   WARNING: no isolation, for development only'}`,
    `  data                  ${dataDir}   (access key: ready.json)`,
    '  Try: bin/hanshu deploy -t examples/nodejs-hello/s.yaml && bin/hanshu invoke nodejs-hello',
    '',
  ].join('\n')
}

process.on('uncaughtException', (error) => {
  process.stderr.write(`hanshu: a defect of ours ended the platform: ${error.stack ?? error}\n`)
  process.exit(70)
})

// The terminal or the pipe that read our output may be gone; that is no reason to drop those who are being served.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

await main()
