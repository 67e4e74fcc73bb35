/**
 * The platform's process: reads the settings, enters a namespace of its own, starts, and stops when it is told.
 * What it is made of is put together in main/platform.ts.
 */
import { fileURLToPath } from 'node:url'
import { loadConfig } from './config/config.ts'
import { enterCommand, needsPrivateNamespace } from './drivers/sandbox/oci/namespace.ts'
import { systemClock } from './lib/clock.ts'
import { platformLogger } from './lib/platform-logger.ts'
import { isDefect, reasonOf } from './lib/reason.ts'
import type { Starting } from './main/foundation.ts'
import { startPlatform } from './main/platform.ts'
import { chooseSandbox } from './main/sandbox.ts'
import { version } from './main/version.ts'

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
    await startPlatform({ config, sandboxKind, startedMs, log, closing })
  } catch (error) {
    if (isDefect(error)) log.error({ err: error }, 'a defect of ours')
    else log.debug({ err: error }, 'why the platform could not start')
    process.stderr.write(`hanshu: could not start: ${reasonOf(error)}\n`)
    await stop(1)
  }
  started = true
  if (stopping) await stop(0)
}

/** Runs this program once more, in place, inside a mount namespace of its own. Does not return. */
function enterPrivateNamespace(): never {
  const { argv, env } = enterCommand([process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)])
  process.execve!(argv[0]!, argv, { ...process.env, ...env } as Record<string, string>)
  throw new Error('the private mount namespace could not be entered')
}

process.on('uncaughtException', (error) => {
  process.stderr.write(`hanshu: a defect of ours ended the platform: ${error.stack ?? error}\n`)
  process.exit(70)
})

// The terminal or the pipe that read our output may be gone; that is no reason to drop those who are being served.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

await main()
