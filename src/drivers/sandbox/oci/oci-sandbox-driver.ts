import { mkdir, readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import type { Logger } from '../../../lib/logger.ts'
import { insidePrivateNamespace } from '../../../lib/private-namespace.ts'
import type { PlatformNames, Sandbox, SandboxDriver, SandboxSpec } from '../../../ports/sandbox.ts'
import { runProgram } from '../run-program.ts'
import { openDisks } from './disks.ts'
import { openMountHelper } from './mount-helper.ts'
import { openNetwork } from './network.ts'
import { OciSandbox, type Workshop } from './oci-sandbox.ts'
import { openCgroups } from './open-cgroups.ts'
import { makeEtc, makeRoot } from './root-files.ts'
import { findRuntime, settleOptions } from './runtime-choice.ts'
import type { RuntimeName } from './runtime-flavour.ts'
import { groupName, sweepOwner } from './sweep.ts'
import { trustAuthority } from './trust.ts'

export interface OciSettings {
  /** Names everything on the machine that belongs to this platform. Letters, digits and hyphens; one owner at a time. */
  ownerId: string
  /** A folder for run-time files. It becomes a mount point of the private mount namespace: empty when seen outside. */
  runDir: string
  /** A folder for the disks of instances, on a disk with room. Emptied at start. */
  diskDir: string
  runtimeName: RuntimeName
  log: Logger
  /** The first of the user ids of instances, one for each that runs. Nobody else on the machine uses them. */
  firstUid?: number
  instancesMax?: number
  /** Disk of an instance in the pool; a function that wants more gets another one when it is bound. */
  defaultDiskMb?: number
  /** Of the disk that holds `diskDir`: what instances leave free, and how many times the rest may be promised to them. */
  diskReserveMb?: number
  diskOvercommit?: number
  bootMemoryMb?: number
  bootCpu?: number
  bootPidsMax?: number
  /** Network namespaces that wait ready-made. */
  networkPoolSize?: number
  startTimeoutMs?: number
}

export interface OciSandboxDriver extends SandboxDriver {
  /** The platform's address as instances see it. Undefined when instances have no network. */
  readonly gatewayAddress: string | undefined
  /** `memory` when /tmp of instances is charged as memory because disk images cannot be mounted here. */
  readonly tmpKind: 'image' | 'memory'
  /** The TCP ports at the gateway address that instances may reach; replaces what was allowed before. */
  allowPorts(ports: readonly number[]): Promise<void>
}

const FILES_MAX = 100_000

/** Opens the driver and removes what an earlier owner of the same name left behind. */
export async function ociSandboxDriver(settings: OciSettings): Promise<OciSandboxDriver> {
  const { ownerId, runDir, diskDir, runtimeName, log, firstUid = 2_000_000, instancesMax = 10_000 } = settings
  if (!/^[A-Za-z0-9-]{1,64}$/.test(ownerId))
    throw new Error(`"${ownerId}" cannot be used as a name of an owner`)
  if (!insidePrivateNamespace())
    throw new Error('the oci sandbox needs a private mount namespace (enterCommand)')
  // Programs that are run one after the other take most of a start: what does not need each other runs at once.
  const [runtime] = await Promise.all([findRuntime(runtimeName), sweepOwner({ ownerId, diskDir }, log)])

  const layout = await mountRunDir(runDir)
  await hideHybridCgroups()
  const cgroups = openCgroups(groupName(ownerId))
  const defaultDiskMb = settings.defaultDiskMb ?? 512
  const [quickMounts, { slowMounts, disks }, network] = await Promise.all([
    openMountHelper(layout.quickStagingDir, log),
    openMountHelper(layout.slowStagingDir, log).then(async (slowMounts) => {
      const room = { reserveMb: settings.diskReserveMb ?? 256, overcommit: settings.diskOvercommit ?? 10 }
      const place = { diskDir, stagingDir: layout.slowStagingDir, defaultSizeMb: defaultDiskMb, room }
      return { slowMounts, disks: await openDisks(place, slowMounts, log) }
    }),
    openNetwork(ownerId, settings.networkPoolSize ?? 4, log),
    makeRoot(layout.rootDir),
  ])
  if (!network) log.warn({}, 'ip, nft or nsenter is missing: instances have no network at all')
  await makeEtc({ etcDir: layout.etcDir, hostname: 'hanshu', nameServers: network?.nameServers ?? [] })

  const uids = new Set<number>()
  let lastUid = 0
  const shop: Workshop = {
    runtime: { ...runtime, options: [] },
    layout,
    cgroups,
    disks,
    quickMounts,
    slowMounts,
    network,
    env: {},
    defaultDiskMb,
    bootLimits: {
      memoryBytes: Math.min((settings.bootMemoryMb ?? 1024) * 1024 * 1024, totalmem()),
      cpu: settings.bootCpu ?? 2,
      pidsMax: settings.bootPidsMax ?? 256,
      priority: 'low',
    },
    openFilesMax: Math.min(FILES_MAX, await hardOpenFilesLimit()),
    startTimeoutMs: settings.startTimeoutMs ?? 30_000,
    log,
    takeUid() {
      if (uids.size >= instancesMax)
        throw new Error(`${instancesMax} instances run: there is no user id for another`)
      // Not the one that was given back last: a fresh instance shares nothing with one that just ended.
      do lastUid = (lastUid + 1) % (2 * instancesMax)
      while (uids.has(firstUid + lastUid))
      uids.add(firstUid + lastUid)
      return firstUid + lastUid
    },
    giveUidBack: (uid) => void uids.delete(uid),
  }

  const creating = new Map<string, Promise<OciSandbox>>()
  let closed = false

  async function create(spec: SandboxSpec): Promise<Sandbox> {
    if (closed) throw new Error('the sandbox driver is closed')
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(spec.instanceId)) {
      throw new Error(`"${spec.instanceId}" cannot be used as a name of an instance`)
    }
    if (creating.has(spec.instanceId)) throw new Error(`the instance ${spec.instanceId} exists`)
    const made = OciSandbox.create(spec, shop)
    creating.set(spec.instanceId, made)
    const forget = (): void => void creating.delete(spec.instanceId)
    made.then((sandbox) => sandbox.removed.then(forget, forget), forget)
    return made
  }

  async function close(): Promise<void> {
    if (closed) return
    closed = true
    const sandboxes = await Promise.allSettled([...creating.values()])
    const kills = sandboxes.map((made) => (made.status === 'fulfilled' ? made.value.kill() : undefined))
    const steps = [...(await Promise.allSettled(kills))]
    for (const step of [
      () => network?.close(),
      () => quickMounts.close(),
      () => slowMounts.close(),
      () => cgroups.remove(),
      () => unmountRunDir(runDir),
    ]) {
      steps.push(...(await Promise.allSettled([step()])))
    }
    const failures = steps.filter((step) => step.status === 'rejected').map((step) => step.reason as unknown)
    if (failures.length > 0)
      throw new AggregateError(failures, 'the sandbox driver could not remove everything')
  }

  try {
    await settleOptions(shop)
  } catch (error) {
    await close()
    throw error
  }
  const nameServer = network?.nameServer
  const names: PlatformNames | undefined = nameServer && {
    address: network.gatewayAddress,
    answer: (isPlatform) => nameServer.answer(isPlatform),
    async trust(authority) {
      shop.env = await trustAuthority(layout.etcDir, authority)
    },
  }
  return {
    name: runtimeName,
    isolates: true,
    ...(names ? { names } : {}),
    gatewayAddress: network?.gatewayAddress,
    tmpKind: disks.kind,
    allowPorts: async (ports) => network?.allowPorts(ports),
    create,
    close,
  }
}

/**
 * Two file systems in memory. What is mounted into a slot must reach the instance, so slots are on a shared mount. The
 * roots must not be: the runtime makes the mount that holds the root private, and would cut off the slots with it.
 */
async function mountRunDir(runDir: string) {
  const layout = {
    rootDir: `${runDir}/root`,
    etcDir: `${runDir}/etc`,
    bundlesDir: `${runDir}/bundles`,
    stateDir: `${runDir}/state`,
    quickStagingDir: `${runDir}/staging/quick`,
    slowStagingDir: `${runDir}/staging/slow`,
    slotsDir: `${runDir}/slots`,
  }
  await mkdir(runDir, { recursive: true, mode: 0o711 })
  await mkdir('/run/netns', { recursive: true })
  const { slotsDir, ...others } = layout
  await runProgram('sh', ['-ec', MOUNT_RUN_DIR, 'sh', runDir, slotsDir, ...Object.values(others)])
  return layout
}

/** In one program: the folder, that of slots in it, and more folders in it. */
const MOUNT_RUN_DIR = `
umask 022
mount -t tmpfs -o nosuid,nodev,mode=0711 hanshu "$1"
mkdir -p "$@"
mount -t tmpfs -o nosuid,nodev,mode=0711 hanshu-slots "$2"
mount --make-shared "$2"
# Names of network namespaces are mounts as well: on a file system of our own they are gone when we are.
mount -t tmpfs -o nosuid,nodev,mode=0755 hanshu-netns /run/netns
`

async function unmountRunDir(runDir: string): Promise<void> {
  await runProgram('umount', ['--lazy', '/run/netns'])
  await runProgram('umount', ['--lazy', `${runDir}/slots`])
  await runProgram('umount', ['--lazy', runDir])
}

/** crun refuses to run where version 2 is mounted beside version 1, runc uses both. Only our own mount namespace loses sight of it. */
async function hideHybridCgroups(): Promise<void> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8')
  if (/ \/sys\/fs\/cgroup\/unified .* - cgroup2 /.test(mounts))
    await runProgram('umount', ['/sys/fs/cgroup/unified'])
}

async function hardOpenFilesLimit(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8')
  return Number(limits.match(/^Max open files\s+\d+\s+(\d+)/m)?.[1] ?? 4096)
}
