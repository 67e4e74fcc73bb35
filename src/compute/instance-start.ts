import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { TraceContext } from '../lib/trace-context.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import type { EndedStart, Observer } from '../ports/observer.ts'
import type { DebugTarget } from './debugging/debug-session.ts'
import { crashed, initializerTimedOut, outOfMemory } from './failure-bodies.ts'
import { framesInstance } from './frames-instance.ts'
import { listenPortOf, startHttpInstance } from './http-instance.ts'
import type { PooledInstance } from './instance-pool.ts'
import { InvocationLog } from './invocation-log.ts'
import {
  type Answer,
  type Credentials,
  type LiveInstance,
  StartCancelled,
  StartFailure,
} from './live-instance.ts'
import type { LogSink } from './log-sink.ts'
import { NotStarted } from './not-started.ts'
import { StartPhases } from './start-phases.ts'
import type { GenericInstance, RuntimeImage, WarmPool } from './warm-pool.ts'

/** As the vendor: processes and threads of an instance together. */
const pidsMax = 1024
/** Where a debugger listens inside; Node's own choice. */
const debugListenPort = 9229
/** How long a process may take to end after its channel has. */
const exitTimeoutMs = 1000
/** As the vendor: a preStop hook has 90 s at most. */
const preStopTimeoutMaxMs = 90_000

/** Where the code of a revision lies on this machine. */
export interface CodeOnDisk {
  codeSource: string
  optSource?: string
  /** What was made of it ahead of time (code-preparation.ts), once that is there. */
  preparedSource?: string
}

export interface StartSurroundings {
  clock: Clock
  log: Logger
  logSink: LogSink
  warmPool: WarmPool
  /** The image that runs this runtime; may fetch a language binary on first use. */
  imageOf(runtime: string): RuntimeImage | Promise<RuntimeImage>
  materialize(revision: FunctionRevision): CodeOnDisk | Promise<CodeOnDisk>
  credentialsFor(revision: FunctionRevision): Promise<Credentials | undefined>
  observer?: Observer
  /** An instance of a revision that is debugged was given its code. */
  debugStarted?(revision: FunctionRevision, target: DebugTarget): void
}

/** The call that an instance is started for, or what stands for one. */
interface FirstCall {
  requestId: string
  qualifier: string
  trace?: TraceContext
}

/** Takes a generic instance, gives it to the revision, runs its initializer. Rejects with `StartFailure` or `NotStarted`. */
export async function startInstance(
  around: StartSurroundings,
  pooled: PooledInstance,
  first: FirstCall,
  cancel?: AbortSignal,
): Promise<LiveInstance> {
  const phases = new StartPhases(around.clock, 'sandbox')
  const ended = (outcome: EndedStart['outcome']) =>
    around.observer?.startEnded({
      revision: pooled.revision,
      instanceId: pooled.instanceId,
      outcome,
      durationMs: phases.totalMs,
      phases: phases.done,
      ...(first.trace && { trace: first.trace }),
    })
  try {
    const instance = await start(around, pooled, first, phases, cancel)
    ended('started')
    return instance
  } catch (error) {
    phases.end()
    ended(error instanceof StartCancelled ? 'calledOff' : 'failed')
    throw error
  }
}

async function start(
  around: StartSurroundings,
  pooled: PooledInstance,
  first: FirstCall,
  phases: StartPhases,
  cancel: AbortSignal | undefined,
): Promise<LiveInstance> {
  const { clock } = around
  const { revision } = pooled
  const startedMs = clock.monotonicMs()
  const [code, generic] = await bothOrNeither(
    around,
    around.materialize(revision),
    takeGeneric(around, revision, cancel),
  )
  const { sandbox } = generic
  pooled.instanceId = sandbox.instanceId
  phases.end('bind')
  const backgroundLog = new InvocationLog(
    {
      accountId: revision.accountId,
      functionName: revision.functionName,
      qualifier: first.qualifier,
      instanceId: sandbox.instanceId,
    },
    { requestId: '', wantTail: false, sink: around.logSink, now: () => clock.now() },
  )
  // Breakpoints are set in files as they are.
  const preparedSource = revision.debug ? undefined : code.preparedSource
  try {
    const paths = await sandbox.bind({
      codeSource: code.codeSource,
      ...(code.optSource === undefined ? {} : { optSource: code.optSource }),
      ...(preparedSource === undefined ? {} : { preparedSource }),
      memoryMb: revision.memoryMb,
      cpu: revision.cpu,
      diskMb: revision.diskMb,
      pidsMax,
      internetAccess: revision.internetAccess,
      ...listenPort(generic, revision),
    })
    const { qualifier } = first
    if (!generic.channel) phases.end('listen')
    const debugAt = revision.debug && sandbox.address(debugListenPort)
    const instance = generic.channel
      ? framesInstance({
          sandbox,
          channel: generic.channel,
          revision,
          qualifier,
          paths,
          isPrepared: preparedSource !== undefined,
          debugAt,
        })
      : await startHttpInstance({ sandbox, revision, qualifier, paths, clock, backgroundLog })
    instance.setBackgroundLog(backgroundLog)
    if (debugAt) {
      const { instanceId, exited } = sandbox
      around.debugStarted?.(revision, { instanceId, exited, address: debugAt, codeDir: paths.codeDir })
    }
    if (revision.initializer) {
      phases.end('initializer')
      await initialize(around, instance, revision, first)
    }
    phases.end()
    return instance
  } catch (error) {
    await sandbox.kill()
    const { oomKilled } = await sandbox.exited
    const failure =
      error instanceof NotStarted && oomKilled
        ? new StartFailure(
            'memory',
            outOfMemory({ memoryMb: revision.memoryMb, maxMemoryMb: revision.memoryMb }),
          )
        : error
    if (failure instanceof StartFailure) {
      failure.instanceId = sandbox.instanceId
      failure.durationMs = clock.monotonicMs() - startedMs
    }
    throw failure
  }
}

/** The TCP port that the program is going to listen on, where there is one. */
function listenPort({ channel }: GenericInstance, revision: FunctionRevision): { listenPort?: number } {
  if (!channel) return { listenPort: listenPortOf(revision) }
  return revision.debug ? { listenPort: debugListenPort } : {}
}

/** What was booted for code that is not there belongs to nobody: it is ended. */
async function bothOrNeither(
  around: StartSurroundings,
  code: CodeOnDisk | Promise<CodeOnDisk>,
  generic: GenericInstance | Promise<GenericInstance>,
): Promise<[CodeOnDisk, GenericInstance]> {
  const [coded, booted] = await Promise.allSettled([code, generic])
  if (coded.status === 'fulfilled' && booted.status === 'fulfilled') return [coded.value, booted.value]
  if (booted.status === 'rejected') throw booted.reason
  const { sandbox } = booted.value
  await sandbox
    .kill()
    .catch((error: unknown) =>
      around.log.error({ err: error, instanceId: sandbox.instanceId }, 'a sandbox was not removed'),
    )
  throw (coded as PromiseRejectedResult).reason
}

/** Variables that an interpreter or the loader reads when it starts, before any code can set them. */
const bootVariable = /^(NODE_|PYTHON|LD_|UV_|MALLOC_|GLIBC_|OPENSSL_|SSL_|TZ$|LANG$|LC_)/

function takeGeneric(
  around: StartSurroundings,
  revision: FunctionRevision,
  cancel: AbortSignal | undefined,
): Promise<GenericInstance> | GenericInstance {
  const image = around.imageOf(revision.runtime)
  const take = (known: RuntimeImage) => {
    const early = Object.entries(revision.environment).filter(([name]) => bootVariable.test(name))
    if (early.length === 0 || known.protocol === 'http') return around.warmPool.take(known, cancel)
    return around.warmPool.boot({ ...known, env: { ...known.env, ...Object.fromEntries(early) } }, cancel)
  }
  return image instanceof Promise ? image.then(take) : take(image)
}

async function initialize(
  around: StartSurroundings,
  instance: LiveInstance,
  revision: FunctionRevision,
  { requestId, qualifier, trace }: FirstCall,
): Promise<void> {
  const { clock } = around
  const { timeoutMs } = revision.initializer!
  const log = hookLog(around, instance, revision, { requestId, qualifier })
  log.write(`FC Initialize Start RequestId: ${requestId}\n`)
  const startedMs = clock.monotonicMs()
  const answer = await withTimeout(
    clock,
    instance.initialize({
      requestId,
      qualifier,
      credentials: await around.credentialsFor(revision),
      log,
      ...(trace && { trace }),
    }),
    timeoutMs,
  )
  const durationMs = clock.monotonicMs() - startedMs
  log.write(
    `FC Initialize End RequestId: ${requestId}${answer.is === 'result' ? '' : ', Error: Unhandled function error'}\n`,
  )
  if (answer.is === 'result') return
  const failure = await initializerFailure(around, answer, instance, revision, { durationMs, timeoutMs })
  failure.logTail = log.tail()
  throw failure
}

async function initializerFailure(
  around: StartSurroundings,
  answer: Exclude<Answer, { is: 'result' }> | { is: 'timedOut' },
  instance: LiveInstance,
  revision: FunctionRevision,
  { durationMs, timeoutMs }: { durationMs: number; timeoutMs: number },
): Promise<StartFailure> {
  if (answer.is === 'error') return new StartFailure('handler', answer.body)
  if (answer.is === 'timedOut') return new StartFailure('timeout', initializerTimedOut({ timeoutMs }))
  // The channel has ended, and the process with it, unless code that broke the channel goes on without it.
  await withTimeout(around.clock, instance.exited, exitTimeoutMs)
  await instance.sandbox.kill()
  const { oomKilled } = await instance.exited
  return oomKilled
    ? new StartFailure('memory', outOfMemory({ memoryMb: revision.memoryMb, maxMemoryMb: revision.memoryMb }))
    : new StartFailure('crash', crashed({ durationMs, maxMemoryMb: 0 }))
}

/** Runs the preStop hook, when there is one and it was asked for, then removes the sandbox. Never rejects. */
export async function stopInstance(
  around: StartSurroundings,
  { instance, revision, qualifier }: PooledInstance,
  how: 'preStop' | 'kill',
): Promise<void> {
  if (!instance) return
  try {
    if (how === 'preStop' && revision.preStop) {
      await instance.sandbox.thaw()
      const requestId = instance.instanceId
      const log = hookLog(around, instance, revision, { requestId, qualifier })
      log.write(`FC PreStop Start RequestId: ${requestId}\n`)
      const answer = await withTimeout(
        around.clock,
        instance.preStop({ requestId, qualifier, credentials: await around.credentialsFor(revision), log }),
        Math.min(revision.preStop.timeoutMs, preStopTimeoutMaxMs),
      )
      log.write(
        `FC PreStop End RequestId: ${requestId}${answer.is === 'result' ? '' : ', Error: Unhandled function error'}\n`,
      )
    }
  } catch (error) {
    around.log.warn({ err: error, instanceId: instance.instanceId }, 'a preStop hook could not be run')
  }
  await instance.sandbox
    .kill()
    .catch((error: unknown) =>
      around.log.error({ err: error, instanceId: instance.instanceId }, 'a sandbox was not removed'),
    )
}

function hookLog(
  around: StartSurroundings,
  instance: LiveInstance,
  revision: FunctionRevision,
  { requestId, qualifier }: { requestId: string; qualifier: string },
): InvocationLog {
  const origin = {
    accountId: revision.accountId,
    functionName: revision.functionName,
    qualifier,
    instanceId: instance.instanceId,
  }
  return new InvocationLog(origin, {
    requestId,
    wantTail: true,
    sink: around.logSink,
    now: () => around.clock.now(),
  })
}

function withTimeout<T>(
  clock: Clock,
  answer: Promise<T>,
  timeoutMs: number,
): Promise<T | { is: 'timedOut' }> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () => resolve({ is: 'timedOut' }))
    answer.then(resolve, reject).finally(cancel)
  })
}
