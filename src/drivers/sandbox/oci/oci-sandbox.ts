import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
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
import { findTerminalProgram, newMark, startSession } from '../session.ts'
import type { Cgroup, CgroupLimits, Cgroups } from './cgroup.ts'
import { containerConfig, processConfig } from './config-json.ts'
import type { Disks } from './disks.ts'
import type { MountHelper } from './mount-helper.ts'
import type { InstanceNetwork, Network } from './network.ts'
import type { RuntimeFlavour } from './runtime-flavour.ts'
import { cleanSlot, makeSlot, preparedDir, type Slot, slotOf } from './slots.ts'

export interface Runtime {
  path: string
  flavour: RuntimeFlavour
  /** One of the flavour's option sets. */
  options: readonly string[]
}

/** What every instance of a driver shares. */
export interface Workshop {
  runtime: Runtime
  layout: { rootDir: string; etcDir: string; bundlesDir: string; slotsDir: string; stateDir: string }
  cgroups: Cgroups
  disks: Disks
  /** For what is on the path of a cold start, and for everything else. */
  quickMounts: MountHelper
  slowMounts: MountHelper
  network: Network | undefined
  /** Variables of every program. */
  env: Readonly<Record<string, string>>
  bootLimits: CgroupLimits
  defaultDiskMb: number
  openFilesMax: number
  startTimeoutMs: number
  takeUid(): number
  giveUidBack(uid: number): void
  log: Logger
}

/** Enters the control groups before it becomes the runtime, so that everything that follows is counted and limited. */
const ENTER = 'for f in $GROUPS_TO_ENTER; do echo $$ > "$f" || exit 125; done; unset GROUPS_TO_ENTER'

const SIZED = ['/bin/sh', '-c', '/usr/bin/stty cols 80 rows 24; exec "$@"', 'sh']

/** A task that takes back one thing that was made for an instance. Run in reverse order of making. */
type Undo = () => Promise<unknown>

export class OciSandbox implements Sandbox {
  readonly instanceId: string
  readonly exited: Promise<SandboxExit>
  readonly exec?: (command: SandboxCommand) => Promise<SandboxSession>
  readonly #shop: Workshop
  readonly #child: ChildProcess
  readonly #group: Cgroup
  readonly #uid: number
  readonly #network: InstanceNetwork | undefined
  readonly #slot: Slot
  readonly #undo: Undo[]
  /** Settles when everything that was made for it is gone. */
  readonly removed: Promise<void>
  #bound = false
  /** Settles when nothing more is added to what has to be removed. */
  #binding: Promise<unknown> = Promise.resolve()
  #gone = false
  #killed = false
  #lastUsage: SandboxUsage = { memoryBytes: 0, memoryPeakBytes: 0, cpuMs: 0 }

  private constructor(parts: {
    spec: SandboxSpec
    shop: Workshop
    child: ChildProcess
    group: Cgroup
    uid: number
    network: InstanceNetwork | undefined
    undo: Undo[]
  }) {
    this.instanceId = parts.spec.instanceId
    this.#shop = parts.shop
    if (parts.shop.runtime.flavour.startsBeside) this.exec = (command) => this.#exec(command)
    this.#child = parts.child
    this.#group = parts.group
    this.#uid = parts.uid
    this.#network = parts.network
    this.#undo = parts.undo
    this.#slot = slotOf(parts.shop.layout.slotsDir, parts.spec.instanceId)
    this.exited = this.#waitForTheEnd()
    this.removed = this.exited.then(async () => {
      await this.#binding
      await undoAll(this.#undo, this.#shop.log)
    })
    this.removed.catch((error) =>
      this.#shop.log.error(
        { error, instanceId: this.instanceId },
        'what was made for an instance could not be removed',
      ),
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

  static async create(spec: SandboxSpec, shop: Workshop): Promise<OciSandbox> {
    const { instanceId } = spec
    const { flavour } = shop.runtime
    const undo: Undo[] = []
    try {
      const uid = shop.takeUid()
      undo.push(async () => shop.giveUidBack(uid))
      const group = shop.cgroups.create(instanceId, limitsOf(shop.bootLimits, flavour))
      undo.push(() => group.remove())
      const slot = slotOf(shop.layout.slotsDir, instanceId)
      const bundleDir = `${shop.layout.bundlesDir}/${instanceId}`
      undo.push(() => rm(bundleDir, { recursive: true, force: true }))
      undo.push(() => rm(`${shop.layout.stateDir}/${instanceId}`, { recursive: true, force: true }))

      const [network] = await Promise.all([
        shop.network?.take(),
        makeSlot(slot, instanceId, shop, undo),
        mkdir(bundleDir, { recursive: true }),
      ])
      if (network) undo.push(() => network.release())
      const config = containerConfig({
        spec,
        flavour,
        uid,
        slot,
        rootDir: shop.layout.rootDir,
        etcDir: shop.layout.etcDir,
        env: shop.env,
        netnsPath: network?.netnsPath,
        openFilesMax: shop.openFilesMax,
        cgroupsPath: flavour.entersGroups
          ? undefined
          : `/${shop.cgroups.owner}/${instanceId}/${flavour.name}`,
      })
      await writeFile(`${bundleDir}/config.json`, JSON.stringify(config), { mode: 0o600 })
      const child = startRuntime(shop, group, bundleDir, instanceId)
      undo.push(() => group.killAll())
      await started(child, group, shop.startTimeoutMs)
      if (flavour.slot === 'root') await cleanSlot(slot)
      return new OciSandbox({ spec, shop, child, group, uid, network, undo })
    } catch (error) {
      await undoAll(undo, shop.log).catch((cause) =>
        shop.log.error(
          { error: cause, instanceId },
          'what was made for a failed instance could not be removed',
        ),
      )
      throw error
    }
  }

  async bind(binding: SandboxBinding): Promise<BoundPaths> {
    if (this.#bound) throw new Error('a sandbox that is bound cannot be bound again')
    if (this.#gone) throw new Error('a sandbox that has ended cannot be bound')
    this.#bound = true
    const { quickMounts, slowMounts, disks, defaultDiskMb, runtime } = this.#shop
    const { cpu, pidsMax } = binding
    const memoryBytes = binding.memoryMb * 1024 * 1024
    this.#group.setLimits(limitsOf({ memoryBytes, cpu, pidsMax, priority: 'normal' }, runtime.flavour))
    const show = (source: string, target: string): Promise<unknown> =>
      quickMounts.bindReadOnly(source, target).then(() => this.#undo.push(() => slowMounts.unmount(target)))
    const work: Promise<unknown>[] = [show(binding.codeSource, this.#slot.codeDir)]
    if (binding.optSource !== undefined) work.push(show(binding.optSource, this.#slot.optDir))
    if (binding.preparedSource !== undefined) work.push(show(binding.preparedSource, this.#slot.preparedDir))
    if (!binding.internetAccess) work.push(this.#network?.goOffline() ?? Promise.resolve())
    if (binding.diskMb > defaultDiskMb) {
      work.push(
        disks
          .mount(`${this.instanceId}-large`, binding.diskMb, this.#slot.tmpDir)
          .then((remove) => this.#undo.push(remove, () => slowMounts.unmount(this.#slot.tmpDir))),
      )
    }
    const settled = Promise.allSettled(work)
    this.#binding = settled
    await Promise.all(work)
    return { codeDir: '/code', optDir: '/opt', tmpDir: '/tmp', preparedDir }
  }

  /** The runtime is told all by a file: environments are nobody's business, and command lines are everybody's. */
  async #exec(command: SandboxCommand): Promise<SandboxSession> {
    if (this.#gone) throw new Error('a sandbox that has ended cannot run anything')
    const { runtime, layout, openFilesMax, env } = this.#shop
    const { path, flavour, options } = runtime
    const mark = newMark()
    const terminal = command.tty && (await findTerminalProgram()) !== undefined
    const file = `${layout.bundlesDir}/${this.instanceId}/session-${mark.value}.json`
    const config = processConfig({
      uid: this.#uid,
      openFilesMax,
      // The terminal inside is another one than that of `script`, and runc leaves its size at nothing.
      args: [...(terminal ? SIZED : []), '/usr/bin/env', '--', ...command.argv],
      env: { ...env, ...command.env, [mark.name]: mark.value },
      cwd: command.cwd,
      terminal,
    })
    await writeFile(file, JSON.stringify(config), { mode: 0o600 })
    const removeFile = (): Promise<void> => rm(file, { force: true })
    const session = startSession({
      argv: [
        ...['/bin/sh', '-c', `${ENTER}\nexec "$@"`, 'sh'],
        ...['setpriv', '--pdeathsig', 'KILL', '--', path, '--root', `${layout.stateDir}/${this.instanceId}`],
        ...[...options, 'exec', '--process', file, this.instanceId],
      ],
      mark,
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        GROUPS_TO_ENTER: (flavour.entersGroups ? this.#group.procsFiles : []).join(' '),
      },
      cwd: '/',
      tty: terminal,
      candidates: () => this.#group.pids(),
    })
    // With the bundle it goes at the latest.
    void session
      .then(({ exited }) => exited)
      .finally(removeFile)
      .catch(() => {})
    return session
  }

  freeze(): Promise<void> {
    return this.#gone ? Promise.resolve() : this.#group.freeze()
  }

  async thaw(): Promise<void> {
    if (!this.#gone) this.#group.thaw()
  }

  async kill(): Promise<void> {
    if (!this.#gone) {
      this.#killed ||= this.#group.pids().length > 0
      await this.#group.killAll()
    }
    await this.removed
  }

  async usage(): Promise<SandboxUsage> {
    return this.#gone ? this.#lastUsage : this.#group.usage()
  }

  address(port: number): { host: string; port: number } {
    if (!this.#network) {
      throw new Error(
        'instances have no network here (ip, nft or nsenter is missing): their ports cannot be reached',
      )
    }
    return { host: this.#network.address, port }
  }

  /** When the runtime ends, so does the container; but only an empty control group says that nobody is left. */
  async #waitForTheEnd(): Promise<SandboxExit> {
    const { exitCode, signalCode } = this.#child
    const [code, signal] =
      exitCode === null && signalCode === null
        ? ((await once(this.#child, 'exit')) as [number | null, NodeJS.Signals | null])
        : [exitCode, signalCode]
    // Killed together with what it waits for, a runtime may still have the time to say so in a code of its own.
    const exit = this.#killed ? { code: null, signal: 'SIGKILL' } : exitOf(code, signal)
    await this.#group
      .killAll()
      .catch((error) =>
        this.#shop.log.error({ error, instanceId: this.instanceId }, 'an instance did not die'),
      )
    this.#lastUsage = { ...this.#group.usage(), memoryBytes: 0 }
    this.#gone = true
    const assumed =
      this.#shop.runtime.flavour.losesOomNote &&
      exit.signal === 'SIGKILL' &&
      !this.#killed &&
      this.#group.hitMemoryLimit()
    return { ...exit, oomKilled: assumed || this.#group.oomKills() > 0 }
  }
}

function startRuntime(shop: Workshop, group: Cgroup, bundleDir: string, instanceId: string): ChildProcess {
  const { path, flavour, options } = shop.runtime
  const command = [
    ...['setpriv', '--pdeathsig', 'KILL', '--', path, '--root', `${shop.layout.stateDir}/${instanceId}`],
    ...[...options, 'run', ...flavour.runOptions, '--bundle', bundleDir, instanceId],
  ]
  return spawn('/bin/sh', ['-c', `${ENTER}\n${flavour.start}`, 'sh', ...command], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true, // Ctrl-C in the terminal is for the platform, not for what it holds
    cwd: '/',
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      GROUPS_TO_ENTER: (flavour.entersGroups ? group.procsFiles : []).join(' '),
    },
  })
}

/** Resolves with the byte on the channel that says that the program is about to run; what follows it stays there. */
async function started(child: ChildProcess, group: Cgroup, timeoutMs: number): Promise<void> {
  const channel = child.stdio[3] as Duplex
  let late = ''
  const timer = setTimeout(() => {
    late = `not within ${timeoutMs / 1000} s `
    child.kill('SIGKILL')
    // What it started may hold the channel as well. Who removes the group is told should anything survive.
    group.killAll().catch(() => {})
  }, timeoutMs)
  try {
    const runs = await new Promise<boolean>((resolve, reject) => {
      child.once('error', reject)
      channel.once('error', reject)
      channel.once('end', () => resolve(false))
      channel.on('readable', function look() {
        if (channel.read(1) === null) return
        channel.off('readable', look)
        resolve(true)
      })
    })
    if (!runs) {
      throw new Error(`the OCI runtime could not start the instance: ${late}${await whatItSaid(child)}`)
    }
  } finally {
    clearTimeout(timer)
  }
}

/** What a program may have is what its function may have and what the runtime takes for itself. */
function limitsOf(limits: CgroupLimits, { ownMemoryBytes, hostPids }: RuntimeFlavour): CgroupLimits {
  const { memoryBytes, pidsMax } = limits
  return { ...limits, memoryBytes: memoryBytes + ownMemoryBytes, pidsMax: hostPids(pidsMax) }
}

/** The runtime has ended, so its standard error ends as well. */
async function whatItSaid(child: ChildProcess): Promise<string> {
  let said = ''
  for await (const chunk of child.stderr!.setEncoding('utf8')) if (said.length < 4000) said += chunk
  return said.trim()
}

/** The runtime ends with the code of the program, or with 128 and the number of the signal that ended it. */
function exitOf(code: number | null, signal: string | null): { code: number | null; signal: string | null } {
  const name = Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0]
  return name ? { code: null, signal: name } : { code, signal }
}

/** Goes on after a failure, so that one thing that cannot be removed does not keep the others; tells the first. */
async function undoAll(undo: Undo[], log: Logger): Promise<void> {
  const failures: unknown[] = []
  while (undo.length > 0) {
    const task = undo.pop()!
    await task().catch((error) => failures.push(error))
  }
  for (const error of failures.slice(1)) log.error({ error }, 'a part of an instance could not be removed')
  if (failures.length > 0) throw failures[0]
}
