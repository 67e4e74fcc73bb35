import type { Readable } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import type { TraceContext } from '../../lib/trace-context.ts'
import type { CodePackages } from '../../ports/code-packages.ts'
import type { InstanceSessions } from '../../ports/instance-sessions.ts'
import type { Invoker } from '../../ports/invocation.ts'
import type { Provisioning } from '../../ports/provisioning.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { AccessControl } from '../../wire/access.ts'
import type { Caller, RequestHead } from '../../wire/product-server.ts'
import type { FunctionHour } from './billing/bill.ts'
import type { CustomDomainDirectory } from './custom-domain-directory.ts'
import type { FunctionDirectory } from './directory.ts'
import type { EventSources } from './event-sources.ts'
import type { HttpTriggerUrls } from './http-trigger.ts'

/** All that this product needs of others; `main/` plugs it in. */
export interface FunctionsNeeds {
  records: RecordStore
  codePackages: CodePackages
  invoker: Invoker
  provisioning: Provisioning
  /** Shared with the edge and with triggers, which resolve through it too. */
  directory: FunctionDirectory
  /** Shared with the edge, too. */
  customDomains: CustomDomainDirectory
  /** Functions have names of their own below it: `fcapp.localhost`. */
  edgeDomain: string
  clock: Clock
  ids: IdSource
  region: string
  uploadedObjects: UploadedObjects
  /** Where `temporaryCredentials` let callers put code. */
  uploadBucket?: string
  asyncInvocations: AsyncInvocations
  asyncTasks: AsyncTasks
  deadLetters: DeadLetters
  temporaryCredentials: TemporaryCredentials
  eventSources: EventSources
  functionLogs: FunctionLogs
  ledger: Ledger
  platformStatus: PlatformStatus
  /** Absent: the platform keeps nothing. */
  upkeep?: PlatformUpkeep
  /** Where the HTTP trigger of a function is reached. */
  httpTriggerUrl(functionName: string, qualifier: string): HttpTriggerUrls
  /** The instances that a function has right now. */
  runningInstances(functionName: string): readonly RunningInstance[]
  /** Other programs in instances that run. */
  instanceSessions: InstanceSessions
  /** Ends all invocations of a function that are under way, those that wait for an instance too. */
  stopInvocations(functionName: string): void
  /** Signs the links to code packages; links stay good over a restart only if it does. */
  codeUrlSecret: Uint8Array
  /** Absent: debugging is off. */
  debugging?: FunctionDebugging
  authenticate(head: RequestHead): Promise<Caller> | Caller
  /** Absent: whoever is let in may do everything. */
  access?: Pick<AccessControl, 'mayDo'>
  /** Absent: any role will do. */
  roles?: FunctionRoles
  /** Default: `runnableRuntimes` of runtimes.ts. */
  runnableRuntimes?: ReadonlySet<string>
  /** Kinds of destinations (second part of the ARN) that outcomes of asynchronous invocations can be sent to. Default: `fc`. */
  destinationKinds?: ReadonlySet<string>
}

export interface FunctionRoles {
  /** False: there is no such role, or it does not let Function Compute act in it. */
  trustFunctionCompute(roleArn: string): boolean
}

export interface RunningInstance {
  instanceId: string
  /** `LATEST`, or the number of the version. */
  versionId: string
  /** As the call that it was started for asked. */
  qualifier: string
  createdMs: number
}

/** Debuggers attach to instances through this. */
export interface FunctionDebugging {
  /** What happens, as JSON objects, until the signal ends it. Rejects with `DebuggingRefused`. */
  open(request: {
    functionName: string
    /** Of loopback; 0: any. */
    port: number
    signal: AbortSignal
  }): Promise<AsyncIterable<Record<string, unknown>>>
}

/** Why it cannot be debugged, in words for whoever asked. */
export class DebuggingRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DebuggingRefused'
  }
}

/** Objects that a client put into Object Storage for us to fetch: code packages. */
export interface UploadedObjects {
  /** Undefined when there is no such object, or the account may not read it. */
  open(accountId: string, bucket: string, object: string): Promise<AsyncIterable<Uint8Array> | undefined>
}

/** Keeps invocations that are carried out later. */
export interface AsyncInvocations {
  /** Durable when it resolves. Throws `DuplicateAsyncTask`, `AsyncQueueFull`, `AsyncTargetGone` or `AsyncNoRoom`. */
  accept(invocation: AsyncInvocation): Promise<void>
}

export interface AsyncInvocation {
  accountId: string
  functionName: string
  /** As the caller asked; resolved again when it is carried out. */
  qualifier: string
  event: Uint8Array
  requestId: string
  /** The caller's, or the request id. */
  taskId: string
  acceptedAtMs: number
  /** A task is kept of it, whatever the config says. */
  stateful?: true
  /** It is not called before this time is over. */
  delayMs?: number
  trace?: TraceContext
}

/** A task of this id is already known for this function. */
export class DuplicateAsyncTask extends Error {
  constructor(taskId: string) {
    super(`the async task '${taskId}' already exists`)
    this.name = 'DuplicateAsyncTask'
  }
}

/** No more invocations can be kept. */
export class AsyncQueueFull extends Error {
  constructor() {
    super('too many asynchronous invocations are waiting')
    this.name = 'AsyncQueueFull'
  }
}

/** The function or what the qualifier names was removed after it had been resolved. */
export class AsyncTargetGone extends Error {
  constructor() {
    super('the function or the qualifier is no longer there')
    this.name = 'AsyncTargetGone'
  }
}

/** The disk is full. */
export class AsyncNoRoom extends Error {
  constructor(options: ErrorOptions) {
    super('There is no space left on the disk of the platform.', options)
    this.name = 'AsyncNoRoom'
  }
}

/** What became of asynchronous invocations of functions that keep tasks. */
export interface AsyncTasks {
  list(query: AsyncTaskQuery): Promise<{ tasks: AsyncTask[]; next?: string }>
  get(accountId: string, functionName: string, taskId: string): Promise<AsyncTask | undefined>
  /** Durable when it resolves: a task that waits is stopped, one that runs is being cancelled. */
  stop(
    accountId: string,
    functionName: string,
    taskId: string,
  ): Promise<{ is: 'notFound' } | { is: 'stopped' } | { is: 'ended'; status: string }>
}

export interface AsyncTaskQuery {
  accountId: string
  functionName: string
  qualifier?: string
  idPrefix?: string
  status?: string
  /** Accepted from (inclusive) to (inclusive). */
  startedFromMs?: number
  startedToMs?: number
  oldestFirst: boolean
  limit: number
  /** `next` of the page before. */
  after?: string
  includePayload: boolean
}

export interface AsyncTask {
  functionName: string
  qualifier: string
  taskId: string
  requestId: string
  status: string
  startedMs: number
  endedMs?: number
  durationMs?: number
  instanceId?: string
  retries: number
  errorType?: string
  destinationStatus?: string
  events: { eventId: number; timestamp: number; status: string; detail: string }[]
  payload?: Uint8Array
}

/** What of asynchronous invocations could not be delivered. */
export interface DeadLetters {
  list(query: DeadLetterQuery): Promise<{ letters: DeadLetter[]; next?: string }>
  /** Back into the queue, with the same request ids. Without `requestIds`: all. Answers how many. */
  redrive(name: FunctionOfAccount, requestIds?: ReadonlySet<string>): Promise<number>
  purge(name: FunctionOfAccount, requestIds?: ReadonlySet<string>): Promise<number>
}

interface FunctionOfAccount {
  accountId: string
  functionName: string
}

export interface DeadLetterQuery extends FunctionOfAccount {
  limit: number
  /** `next` of the page before. */
  after?: string
  includePayload: boolean
}

export interface DeadLetter {
  requestId: string
  what: 'event' | 'delivery'
  /** Of an event. */
  qualifier?: string
  /** Of an event that a trigger called for. */
  triggerName?: string
  /** Of a delivery: an ARN. */
  destination?: string
  taskId?: string
  because: string
  condition: string
  diedMs: number
  attempts: number
  payload?: Uint8Array
}

/** Credentials for one upload of a code package into Object Storage. */
export interface TemporaryCredentials {
  /** `folder`: the client puts the object under `{accountId}/{folder}/` instead of `{accountId}/`. */
  issue(accountId: string, folder?: string): Promise<UploadGrant>
}

export interface UploadGrant {
  accessKeyId: string
  accessKeySecret: string
  securityToken: string
  /** ISO 8601. */
  expiration: string
  /** `oss-cn-hangzhou` */
  ossRegion: string
  ossBucket: string
  /** The client puts it under `{accountId}/`. */
  objectName: string
}

/** What user functions wrote. */
export interface FunctionLogs {
  /** Oldest first, until `limit` lines or, with `follow`, until the signal. Each line is one JSON object that has a `cursor`. */
  read(request: LogsRequest): AsyncIterable<Record<string, unknown>>
}

export interface LogsRequest {
  accountId: string
  functionName: string
  requestId?: string
  instanceId?: string
  sinceMs?: number
  limit: number
  /** Continue after the line that had it. */
  cursor?: string
  /** Go on with lines that are still to come. */
  follow: boolean
  signal: AbortSignal
}

/** What functions used. */
export interface Ledger {
  /** Takes in all that was used until now. */
  settle(): Promise<void>
  /** What each function used in each hour that begins in this time, in the order of time. */
  usage(accountId: string, time: BilledTime): AsyncIterable<FunctionHour>
  /** Every single entry that is kept of this time. */
  entries(accountId: string, time: BilledTime): AsyncIterable<object>
  /** Invocations of this time that could not be recorded. */
  lost(time: BilledTime): Promise<number>
}

export interface BilledTime {
  fromMs: number
  /** Exclusive. */
  toMs: number
}

export interface PlatformStatus {
  read(): Promise<Record<string, unknown>>
}

export interface PlatformUpkeep {
  /** Begins to verify all copies of objects, unless that is under way; answers how far it is, and what was found. */
  scrub(): object
  /** All that the platform keeps, secrets too, as an archive. Undefined while another one is made. */
  snapshot(): Promise<Readable | undefined>
}
