import { loadConfig } from '../config/config.ts'
import { systemClock } from '../lib/clock.ts'
import { platformLogger } from '../lib/platform-logger.ts'
import { isDefect, reasonOf } from '../lib/reason.ts'
import { takeDataDir } from './data-dir.ts'
import { openFoundation } from './foundation.ts'
import type { Starting } from './starting.ts'
import { version } from './version.ts'

/** A part that cannot be closed in this time is left to the next start, which sweeps. */
const stopTimeoutMs = 60_000

/** Reads the settings, starts the platform, and stops it when it is told to. */
export async function runPlatform(sandboxKind: Starting['sandboxKind']): Promise<void> {
  const config = loadConfig(process.env)
  const startedMs = systemClock.now()
  const log = platformLogger({ level: config.HANSHU_LOG_LEVEL, version })
  const closing: Starting['closing'] = []
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
    const starting = { config, sandboxKind, startedMs, log, closing }
    const taken = await takeDataDir(starting)
    // Loading the products takes as long as threads and programs take that are started before it, on another processor.
    const [foundation, { startPlatform }] = await Promise.all([
      openFoundation(starting, taken),
      import('./platform.ts'),
    ])
    await startPlatform(foundation)
  } catch (error) {
    if (isDefect(error)) log.error({ err: error }, 'a defect of ours')
    else log.debug({ err: error }, 'why the platform could not start')
    process.stderr.write(`hanshu: could not start: ${reasonOf(error)}\n`)
    await stop(1)
  }
  started = true
  if (stopping) await stop(0)
}

process.on('uncaughtException', (error) => {
  process.stderr.write(`hanshu: a defect of ours ended the platform: ${error.stack ?? error}\n`)
  process.exit(70)
})

// The terminal or the pipe that read our output may be gone; that is no reason to drop those who are being served.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
