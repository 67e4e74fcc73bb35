import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { codePreparation } from '../compute/code-preparation.ts'
import { type CodeStore, codeStore } from '../compute/code-store.ts'
import type { DebuggingNeeds } from '../compute/debugging/debug-session.ts'
import { type Debugging, debugging } from '../compute/debugging/debugging.ts'
import { type Engine, type EngineNeeds, engine } from '../compute/engine.ts'
import { type FunctionLogs, functionLogs } from '../compute/function-logs.ts'
import { learntIdleness } from '../compute/learnt-idleness.ts'
import { loadRuntimeCatalog } from '../compute/runtime-catalog.ts'
import { type RuntimeImages, runtimeImages } from '../compute/runtime-images.ts'
import { WarmPool } from '../compute/warm-pool.ts'
import { installationDir } from '../config/config.ts'
import { nodeBinary } from '../lib/node-binaries.ts'
import { processorIdleShare } from '../lib/processor-idle-share.ts'
import type { Observer } from '../ports/observer.ts'
import { functionKey } from '../products/functions/keys.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'
import { roleCredentials } from './role-credentials.ts'

/** Without HANSHU_IDLE_SECONDS. */
const idleSecondsWithout = 300

/** What runs functions, and what of it others are given. */
export interface Compute extends Part {
  engine: Engine
  warmPool: WarmPool
  images: RuntimeImages
  code: CodeStore
  /** Packages of code that are being prepared, or are going to be. */
  preparing(): number
  logs: FunctionLogs
  /** Undefined when it is off. */
  debugging: Debugging | undefined
  /** Boots instances of a runtime ahead of calls from now on. */
  keepReady(runtime: string): Promise<void>
}

export async function assembleCompute(
  { config, clock, ids, log, closing, codeDir, stores, driver, identity }: Foundation,
  {
    meter,
    instancesMaxOf,
    reservedOfAll,
    revisionNow,
    latestOf,
    observability,
  }: Pick<EngineNeeds, 'meter' | 'instancesMaxOf' | 'reservedOfAll'> &
    Pick<NonNullable<EngineNeeds['ahead']>, 'revisionNow'> &
    Pick<DebuggingNeeds, 'latestOf'> & {
      observability: { observer: Observer; traced(engine: Engine): Engine }
    },
): Promise<Compute> {
  const logs = functionLogs({
    streams: stores.streams,
    clock,
    log,
    bytesMaxPerFunction: config.HANSHU_LOG_MB_PER_FUNCTION * 1_048_576,
  })
  closing.push(() => logs.close())
  await logs.sweepAtStart(
    async (account, functionName) =>
      (await stores.records.get(functionKey(account, functionName))) !== undefined,
  )
  const warmPool = new WarmPool({ driver, clock, ids, log, bootsAtOnce: availableParallelism() + 1 })
  const images = await runtimeImages({
    catalog: loadRuntimeCatalog(join(installationDir, 'runtimes')),
    nodeBinary: (major) =>
      nodeBinary(major, {
        toolsDir: join(installationDir, '.tools'),
        announce: (sentence) => log.info({ major }, sentence),
      }),
  })
  const preparation = await codePreparation({
    driver,
    clock,
    ids,
    log,
    dir: join(codeDir, 'prepared'),
    imageOf: (runtime) => images.imageOf(runtime),
  })
  closing.push(() => preparation.close())
  const code = await codeStore({ blobs: stores.codeBlobs, dir: codeDir, preparation })

  const newRequestId = () => ids.requestId(clock.now())
  const debugged = config.HANSHU_DEBUG
    ? debugging({ clock, log, newRequestId, latestOf }, () => compute)
    : undefined
  const compute: Engine = engine(
    {
      clock,
      log,
      logSink: logs,
      meter,
      processorIdleShare: processorIdleShare(clock),
      warmPool,
      imageOf: (runtime) => images.imageOf(runtime),
      materialize: (revision) => code.materialize(revision),
      credentialsFor: roleCredentials({ identity, clock, log }),
      ...(config.HANSHU_KEEP_ALIVE === 'learnt'
        ? {
            ahead: {
              revisionNow: async (revision) =>
                debugged?.isDebugged(revision) ? undefined : revisionNow(revision),
              newRequestId,
            },
          }
        : {}),
      instancesMaxOf,
      reservedOfAll,
      observer: observability.observer,
      ...(debugged ? { debugStarted: debugged.started } : {}),
    },
    {
      idleMs: (config.HANSHU_IDLE_SECONDS ?? idleSecondsWithout) * 1000,
      ...(config.HANSHU_IDLE_SECONDS === undefined
        ? {}
        : { learntIdleMostMs: config.HANSHU_IDLE_SECONDS * 1000 }),
      freezeAfterMs: config.HANSHU_FREEZE_AFTER_MS,
      instancesMax: config.HANSHU_INSTANCES_MAX,
      growth: {
        burstMax: config.HANSHU_INSTANCES_BURST,
        perMinute: config.HANSHU_INSTANCES_PER_MINUTE,
      },
    },
  )
  const idleTimes = learntIdleness(stores.records)
  compute.restore(await idleTimes.load())
  closing.push(
    () => warmPool.close(),
    () => compute.close(),
    () => debugged?.close(),
    () => idleTimes.save(compute.learnt()),
  )
  return {
    sweep: () => idleTimes.save(compute.learnt()),
    engine: observability.traced(debugged ? debuggedEngine(compute, debugged) : compute),
    debugging: debugged,
    warmPool,
    images,
    code,
    preparing: () => preparation.pending(),
    logs,
    keepReady: async (runtime) => warmPool.keepReady(await images.imageOf(runtime), config.HANSHU_POOL_SIZE),
  }
}

/** What everybody but the debugging itself is given. */
const debuggedEngine = (engine: Engine, { invoke, isDebugged, sendAwayWaiting }: Debugging): Engine => ({
  ...engine,
  invoke,
  stopCalls(functionArn) {
    sendAwayWaiting(functionArn)
    engine.stopCalls(functionArn)
  },
  keepReady(revision, count, how) {
    if (count === 0 || !isDebugged(revision)) engine.keepReady(revision, count, how)
  },
})
