import { jaegerSpanContext } from '../lib/trace-context.ts'
import type { FunctionRevision, HandlerRequest } from '../ports/invocation.ts'
import type { BoundPaths, Sandbox } from '../ports/sandbox.ts'
import type { FrameChannel } from './frame-channel.ts'
import { type FrameType, frameType } from './frames.ts'
import { contractEnvironment, type HookCall, type LiveInstance } from './live-instance.ts'
import { onOutputLines } from './output-lines.ts'

/** The file in a folder of prepared code, by the name that only the nodejs runtimes know what to do with. */
export const modulePackName = 'modules.pack'

/** Gives a booted built-in runtime to a function. Its sandbox is bound already. */
export function framesInstance({
  sandbox,
  channel,
  revision,
  qualifier,
  paths,
  isPrepared,
  debugAt,
}: {
  sandbox: Sandbox
  channel: FrameChannel
  revision: FunctionRevision
  qualifier: string
  paths: BoundPaths
  isPrepared: boolean
  /** Where its debugger is to listen, when there is to be one. */
  debugAt?: { host: string; port: number } | undefined
}): LiveInstance {
  const { instanceId } = sandbox
  const { codeDir, optDir, tmpDir, preparedDir } = paths
  channel.bind({
    codeDir,
    optDir,
    tmpDir,
    ...(isPrepared ? { modulePack: `${preparedDir}/${modulePackName}` } : {}),
    ...(debugAt ? { debug: debugAt } : {}),
    runtime: revision.runtime,
    handler: revision.handler,
    initializer: revision.initializer?.handler ?? '',
    preStop: revision.preStop?.handler ?? '',
    functionName: revision.service?.functionName ?? revision.functionName,
    accountId: revision.accountId,
    region: revision.region,
    qualifier,
    versionId: revision.versionId === 'LATEST' ? '' : revision.versionId,
    memoryMb: revision.memoryMb,
    timeoutS: revision.timeoutMs / 1000,
    initializerTimeoutS: (revision.initializer?.timeoutMs ?? 0) / 1000,
    serviceName: revision.service?.name ?? '',
    logProject: revision.logProject,
    logStore: revision.logStore,
    env: contractEnvironment(revision, { instanceId, codeDir, qualifier }),
  })

  const hook = (type: FrameType) => (call: HookCall) => channel.ask(type, head(call, 0), undefined, call)

  return {
    instanceId,
    paths,
    sandbox,
    exited: sandbox.exited,
    unreadBytes: () => channel.unreadBytes,
    initialize: hook(frameType.initialize),
    preStop: hook(frameType.preStop),
    invoke: (call) => channel.ask(frameType.invoke, head(call, call.retryCount, call.http), call.event, call),
    ...(channel.takesBack
      ? {
          ahead: {
            takeBack: (requestId) => channel.takeBack(requestId),
            runningSinceMs: () => channel.runningSinceMs,
          },
        }
      : {}),
    setBackgroundLog(log) {
      channel.backgroundLog = log
      // What the runtime itself prints travels as frames; this is the output of the function's child processes.
      onOutputLines(sandbox.stdout, (lines) => log.write(lines))
      onOutputLines(sandbox.stderr, (lines) => log.write(lines))
    },
  }
}

function head(
  { requestId, credentials, trace }: HookCall,
  retryCount: number,
  http?: HandlerRequest,
): string {
  if (credentials === undefined && retryCount === 0 && http === undefined && trace === undefined) {
    return `{"requestId":"${requestId}"}`
  }
  const tracing = trace && { openTracingSpanContext: jaegerSpanContext(trace) }
  return JSON.stringify({ requestId, retryCount, credentials, http, tracing })
}
