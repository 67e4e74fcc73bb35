import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import type { Duplex, Readable } from 'node:stream'
import type { Logger } from '../../../lib/logger.ts'
import type {
  BoundPaths,
  Sandbox,
  SandboxBinding,
  SandboxCommand,
  SandboxExit,
  SandboxSession,
  SandboxSpec,
  SandboxUsage,
} from '../../../ports/sandbox.ts'
import { killUntilNone, signalProcess } from '../kill.ts'
import { newMark, startSession } from '../session.ts'
import type { Guardian } from './guardian.ts'
import type { ListenPorts } from './listen-ports.ts'
import { pathMapper } from './path-map.ts'
import { MARKER, processesOf, startMark } from './process-table.ts'
import type { UsageTable } from './usage-table.ts'

const KILL_TIMEOUT_MS = 15_000

/** A process group with a private folder for temporary files. Limits and isolation are promised by nobody here. */
export class ProcessSandbox implements Sandbox {
  readonly instanceId: string
  readonly exited: Promise<SandboxExit>
  /** Settles when its folder is gone as well. */
  readonly removed: Promise<void>
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #map: (text: string) => string
  readonly #setpriv: string | undefined
  readonly #guardian: Guardian
  readonly #usageTable: UsageTable
  readonly #ports: ListenPorts
  #listenPort: { wanted: number; given: number } | undefined
  #bound = false
  #gone = false
  #usage: SandboxUsage = { memoryBytes: 0, memoryPeakBytes: 0, cpuMs: 0 }

  private constructor(parts: {
    instanceId: string
    child: ChildProcess
    folder: string
    map: (text: string) => string
    setpriv: string | undefined
    guardian: Guardian
    usageTable: UsageTable
    ports: ListenPorts
    log: Logger
  }) {
    this.instanceId = parts.instanceId
    this.#child = parts.child
    this.#folder = parts.folder
    this.#map = parts.map
    this.#setpriv = parts.setpriv
    this.#guardian = parts.guardian
    this.#usageTable = parts.usageTable
    this.#ports = parts.ports
    this.exited = this.#waitForTheEnd(parts.log)
    this.removed = this.exited.then(() => rm(parts.folder, { recursive: true, force: true }))
    this.removed.catch((error) =>
      parts.log.error({ error, folder: parts.folder }, 'a folder could not be removed'),
    )
  }

  get channel(): Duplex {
    return this.#child.stdio[3] as Duplex
  }

  get stdout(): Readable {
    return this.#child.stdout!
  }

  get stderr(): Readable {
    return this.#child.stderr!
  }

  static async create(
    spec: SandboxSpec,
    shop: {
      runDir: string
      setpriv: string | undefined
      guardian: Guardian
      usageTable: UsageTable
      ports: ListenPorts
      log: Logger
    },
  ): Promise<ProcessSandbox> {
    const folder = `${shop.runDir}/instances/${spec.instanceId}`
    await mkdir(`${folder}/tmp`, { recursive: true, mode: 0o700 })
    await mkdir(`${folder}/opt`)
    await mkdir(`${folder}/prepared`)
    try {
      const map = pathMapper(spec.mounts)
      const env = Object.fromEntries(Object.entries(spec.env).map(([name, value]) => [name, map(value)]))
      const argv = spec.argv.map(map)
      // Where it can, the kernel kills the program with the platform, at once; its guardian and the next start kill the rest.
      const command = shop.setpriv ? [shop.setpriv, '--pdeathsig', 'KILL', '--', ...argv] : argv
      const child = spawn(command[0]!, command.slice(1), {
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
        detached: true,
        cwd: `${folder}/tmp`,
        env: { ...env, TMPDIR: `${folder}/tmp`, [MARKER]: spec.instanceId },
      })
      await once(child, 'spawn')
      const { guardian, usageTable, ports, log } = shop
      guardian.watch(spec.instanceId, child.pid!)
      const sandbox = new ProcessSandbox({
        instanceId: spec.instanceId,
        child,
        folder,
        map,
        setpriv: shop.setpriv,
        guardian,
        usageTable,
        ports,
        log,
      })
      await writeFile(`${folder}/pid`, `${child.pid} ${await startMark(child.pid!)}\n`)
      return sandbox
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  async bind(binding: SandboxBinding): Promise<BoundPaths> {
    if (this.#bound) throw new Error('a sandbox that is bound cannot be bound again')
    if (this.#gone) throw new Error('a sandbox that has ended cannot be bound')
    this.#bound = true
    const wanted = binding.listenPort
    if (wanted !== undefined) {
      this.#listenPort = { wanted, given: await this.#ports.take(wanted) }
      if (this.#gone) this.#giveBackPort()
    }
    return {
      codeDir: binding.codeSource,
      optDir: binding.optSource ?? `${this.#folder}/opt`,
      tmpDir: `${this.#folder}/tmp`,
      preparedDir: binding.preparedSource ?? `${this.#folder}/prepared`,
    }
  }

  exec({ argv, env, cwd, tty }: SandboxCommand): Promise<SandboxSession> {
    if (this.#gone) return Promise.reject(new Error('a sandbox that has ended cannot run anything'))
    const [map, setpriv] = [this.#map, this.#setpriv]
    const mapped = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, map(value)]))
    const program = argv.map(map)
    return startSession({
      // `env` ends with 127 where there is no such program, and 126 where it cannot be run.
      argv: [
        ...(setpriv ? [setpriv, '--pdeathsig', 'KILL', '--'] : []),
        ...['/usr/bin/env', '--', ...program],
      ],
      mark: newMark(),
      env: { ...mapped, TMPDIR: `${this.#folder}/tmp`, [MARKER]: this.instanceId },
      cwd: map(cwd),
      tty,
      candidates: async () => (await processesOf(this.instanceId, this.#child.pid)).map(({ pid }) => pid),
    })
  }

  freeze(): Promise<void> {
    return this.#signal('SIGSTOP')
  }

  thaw(): Promise<void> {
    return this.#signal('SIGCONT')
  }

  async kill(): Promise<void> {
    if (!this.#gone) await killProcesses(this.instanceId, this.#child.pid)
    await this.removed
  }

  async usage(): Promise<SandboxUsage> {
    if (this.#gone) return { ...this.#usage, memoryBytes: 0 }
    const processes = await this.#usageTable.processesOf(this.instanceId, this.#child.pid!)
    const sum = (key: 'cpuMs' | 'memoryBytes' | 'memoryPeakBytes'): number =>
      processes.reduce((total, facts) => total + facts[key], 0)
    const memoryBytes = sum('memoryBytes')
    this.#usage = {
      memoryBytes,
      memoryPeakBytes: Math.max(this.#usage.memoryPeakBytes, memoryBytes, sum('memoryPeakBytes')),
      // A child that ended takes its processor time with it unless it was waited for: never report less than before.
      cpuMs: Math.max(this.#usage.cpuMs, sum('cpuMs')),
    }
    return this.#usage
  }

  address(port: number): { host: string; port: number } {
    const { wanted, given } = this.#listenPort ?? { wanted: port, given: port }
    return { host: '127.0.0.1', port: port === wanted ? given : port }
  }

  #giveBackPort(): void {
    if (this.#listenPort) this.#ports.giveBack(this.#listenPort.given)
  }

  async #signal(name: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    if (this.#gone) return
    signalProcess(-this.#child.pid!, name)
    for (const { pid, groupId } of await processesOf(this.instanceId, this.#child.pid)) {
      if (groupId !== this.#child.pid) signalProcess(pid, name)
    }
    this.#usageTable.outdate()
  }

  async #waitForTheEnd(log: Logger): Promise<SandboxExit> {
    const { exitCode, signalCode } = this.#child
    const [code, signalName] =
      exitCode === null && signalCode === null
        ? ((await once(this.#child, 'exit')) as [number | null, NodeJS.Signals | null])
        : [exitCode, signalCode]
    await killProcesses(this.instanceId, this.#child.pid).then(
      () => this.#guardian.forget(this.instanceId, this.#child.pid!),
      (error) => log.error({ error, instanceId: this.instanceId }, 'an instance did not die'),
    )
    this.#gone = true
    this.#giveBackPort()
    return { code, signal: signalName, oomKilled: false }
  }
}

export async function killProcesses(instanceId: string, groupId: number | undefined): Promise<void> {
  const pids = async (): Promise<number[]> => (await processesOf(instanceId, groupId)).map(({ pid }) => pid)
  if (!(await killUntilNone(pids, KILL_TIMEOUT_MS))) throw new Error(`processes of ${instanceId} did not die`)
}
