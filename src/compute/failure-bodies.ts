/**
 * The error documents of failures that no runtime can word, because its process is gone: the vendor's texts, as far as
 * they are known (function-compute.md 3.3; the wording of timeouts and start failures is unverified).
 */
const document = (fields: Record<string, string>): Uint8Array => Buffer.from(JSON.stringify(fields))

const megabytes = (memoryMb: number): string => `${memoryMb.toFixed(2)}MB`

export const crashed = ({
  durationMs,
  maxMemoryMb,
}: {
  durationMs: number
  maxMemoryMb: number
}): Uint8Array =>
  document({
    errorMessage: `Process exited unexpectedly before completing request (duration: ${Math.round(durationMs)}ms, maxMemoryUsage: ${megabytes(maxMemoryMb)})`,
  })

export const outOfMemory = ({
  memoryMb,
  maxMemoryMb,
}: {
  memoryMb: number
  maxMemoryMb: number
}): Uint8Array =>
  document({
    errorMessage: `Process exited unexpectedly before completing request: memory limit exceeded (memoryLimit: ${megabytes(memoryMb)}, maxMemoryUsage: ${megabytes(maxMemoryMb)})`,
    errorType: 'FunctionOutOfMemory',
  })

export const timedOut = ({
  timeoutMs,
  maxMemoryMb,
}: {
  timeoutMs: number
  maxMemoryMb: number
}): Uint8Array =>
  document({
    errorMessage: `Function timed out after ${timeoutMs / 1000} seconds (maxMemoryUsage: ${megabytes(maxMemoryMb)})`,
    errorType: 'FunctionTimeout',
  })

export const initializerTimedOut = ({ timeoutMs }: { timeoutMs: number }): Uint8Array =>
  document({
    errorMessage: `Function initialization timed out after ${timeoutMs / 1000} seconds`,
    errorType: 'FunctionInitializationTimeout',
  })

/** As the vendor: what a synchronous invocation may answer. */
export const answerBytesMax = 32 * 1024 * 1024

export const badResponse = (message: string): Uint8Array =>
  document({ errorMessage: message, errorType: 'BadResponse' })
