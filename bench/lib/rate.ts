/** Requests at given rates, sent by a process of its own. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Phase, Sent } from '../../test/steady-load.fixture.ts'
import type { Request } from './api.ts'
import { percentile, show } from './statistics.ts'

const run = promisify(execFile)
/** Some hundred bytes for a request, of which there are some ten thousand. */
const outputBytesMax = 64 * 1_048_576

export async function atRate(request: Request, phases: readonly Phase[]): Promise<Sent[]> {
  const script = join(import.meta.dirname, 'rate-generator.ts')
  const durationMs = phases.reduce((sum, phase) => sum + phase.durationMs, 0)
  const { stdout } = await run(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', script, JSON.stringify({ request, phases })],
    { timeout: durationMs + 90_000, maxBuffer: outputBytesMax },
  )
  return JSON.parse(stdout) as Sent[]
}

export const failed = (sent: readonly Sent[]): number => sent.filter(({ status }) => status !== 200).length

/** What failed, in words: how often which status. */
export function errors(sent: readonly Sent[]): string {
  const counts = new Map<number, number>()
  for (const { status } of sent) if (status !== 200) counts.set(status, (counts.get(status) ?? 0) + 1)
  if (counts.size === 0) return 'no errors'
  return [...counts].map(([status, count]) => `${count} × ${status || 'no answer'}`).join(', ')
}

/** Of the answered ones that were to be sent within this time. */
export const p95Between = (sent: readonly Sent[], fromMs: number, toMs: number): number | undefined =>
  percentile(
    sent
      .filter(({ atMs, status }) => status === 200 && atMs >= fromMs && atMs < toMs)
      .map(({ tookMs }) => tookMs),
    0.95,
  )

export const showMs = (ms: number | undefined): string => show(ms, 'ms')
