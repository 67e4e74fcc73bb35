/** A platform for the time of one command: on free ports, with nothing kept, and gone with the command, however that ends. */
import { spawn } from 'node:child_process'
import { access, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { installationDir } from '../../config/config.ts'
import { nodeFlags } from '../../config/node-flags.ts'
import { CommandFailed } from '../errors.ts'
import type { Terminal } from '../terminal.ts'

export interface OwnPlatform {
  dataDir: string
  /** Settles when it has ended, however. */
  ended: Promise<void>
  /** Resolves when it and its folder are gone. */
  stop(): Promise<void>
}

const startTimeoutMs = 120_000
const stopTimeoutMs = 60_000
const lookEveryMs = 50
const setpriv = '/usr/bin/setpriv'

export async function startOwnPlatform(terminal: Terminal): Promise<OwnPlatform> {
  const { clock, signal } = terminal
  // The platform makes the folder, and removes what it has made when it ends.
  const dataDir = join(tmpdir(), `hanshu-dev-${terminal.newNonce()}`)
  const program = [process.execPath, ...nodeFlags, join(installationDir, 'src/main.ts')]
  // Where it can be had, the kernel ends the platform with this command: also after kill -9.
  const [file = '', ...args] = (await exists(setpriv))
    ? [setpriv, '--pdeathsig', 'TERM', '--', ...program]
    : program
  const child = spawn(file, args, {
    env: {
      HANSHU_LOG_LEVEL: 'warn',
      // A minute after the last instance of it has gone.
      HANSHU_UNUSED_CODE_SECONDS: '60',
      ...terminal.environment,
      HANSHU_DATA: dataDir,
      HANSHU_REPLICAS: '1',
      HANSHU_EPHEMERAL: 'true',
      HANSHU_PORTS: 'auto',
      HANSHU_DEBUG: 'true',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
    // Ctrl-C is for this command, which then ends the platform.
    detached: true,
  })
  let last = ''
  createInterface({ input: child.stderr }).on('line', (line) => {
    last = readable(line)
    terminal.note(`platform | ${last}`)
  })
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('exit', () => resolve())
  })
  const hasEnded = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null

  async function stop(): Promise<void> {
    if (hasEnded()) return
    child.kill('SIGTERM')
    const cancel = clock.after(stopTimeoutMs, () => child.kill('SIGKILL'))
    await ended
    cancel()
  }

  const deadlineMs = clock.monotonicMs() + startTimeoutMs
  for (;;) {
    const ready = await readFile(join(dataDir, 'ready.json'), 'utf8').catch(() => '')
    if (ready.endsWith('}\n')) return { dataDir, ended, stop }
    if (hasEnded()) throw new CommandFailed(`The platform did not start: ${last || 'it said nothing'}`)
    if (signal.aborted || clock.monotonicMs() > deadlineMs) {
      await stop()
      throw new CommandFailed(`The platform was not ready within ${startTimeoutMs / 1000} s.`)
    }
    await Promise.race([ended, new Promise<void>((resolve) => clock.after(lookEveryMs, resolve))])
  }
}

/** A line of its log is JSON; what is fatal is said in words. */
function readable(line: string): string {
  if (!line.startsWith('{')) return line
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } }
    return [msg, err?.message].filter(Boolean).join(': ')
  } catch {
    // Printed by something else: shown as it is.
    return line
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )
