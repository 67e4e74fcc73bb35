/** What the platform tells of itself, as far as commands use it. An older or newer one may tell less or more. */
import type { ApiCall, Platform } from '../platform.ts'

export interface PlatformStatus {
  version?: string
  uptimeSeconds?: number
  memory?: { rssMb?: number }
  instances?: { functionName: string; state: string }[]
  asyncQueue?: { functionName: string; waiting: number; oldestSeconds?: number }[]
  /** Of a clock that does not jump. */
  atMs?: number
  durationBoundsSeconds?: number[]
  functions?: FunctionStatus[]
}

/** Counted since the platform started. */
export interface FunctionStatus {
  functionName: string
  outcomes: Record<string, number>
  duration: { buckets: number[]; sum: number; count: number }
}

export const readStatus = (
  platform: Platform,
  timeout: Pick<ApiCall, 'timeoutMs'> = {},
): Promise<PlatformStatus & Record<string, unknown>> =>
  platform.call({ action: 'ReadPlatformStatus', method: 'GET', path: '/hanshu/status', ...timeout })
