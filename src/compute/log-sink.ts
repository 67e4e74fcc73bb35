/** Where the output of functions goes. Writing never waits and never throws: a sink that is full drops and says so. */
export interface LogSink {
  write(entry: LogEntry): void
}

export interface LogEntry {
  accountId: string
  functionName: string
  qualifier: string
  instanceId: string
  /** Empty outside of an invocation. */
  requestId: string
  timeMs: number
  /** One or more whole lines, each ended by a newline. */
  text: string
}

export const discardingLogSink: LogSink = { write: () => {} }
