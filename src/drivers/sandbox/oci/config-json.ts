import type { SandboxSpec } from '../../../ports/sandbox.ts'
import type { RuntimeFlavour } from './runtime-flavour.ts'
import { seccompProfile } from './seccomp.ts'
import { preparedDir, type Slot } from './slots.ts'

/** What of an instance goes into its OCI configuration. All paths are of the host. */
export interface ContainerSettings {
  spec: SandboxSpec
  flavour: RuntimeFlavour
  uid: number
  /** The root of an instance whose slot is not its root. */
  rootDir: string
  etcDir: string
  /** Variables of every program, which those of the specification come before. */
  env: Readonly<Record<string, string>>
  slot: Slot
  /** Undefined: a new network namespace with nothing but loopback. */
  netnsPath: string | undefined
  openFilesMax: number
  /** For a runtime that insists on a control group of its own. */
  cgroupsPath: string | undefined
}

const READ_ONLY = ['ro', 'nosuid', 'nodev']

const TERMINALS = {
  destination: '/dev/pts',
  type: 'devpts',
  source: 'devpts',
  options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'max=64'],
}

const MASKED = [
  ...[
    'acpi',
    'asound',
    'bus',
    'interrupts',
    'irq',
    'kallsyms',
    'kcore',
    'keys',
    'kmsg',
    'latency_stats',
    'scsi',
  ],
  ...[
    'sched_debug',
    'sysrq-trigger',
    'timer_list',
    'timer_stats',
    'vmallocinfo',
    'config.gz',
    'cmdline',
    'mdstat',
  ],
  ...['partitions', 'modules', 'iomem', 'ioports', 'swaps', 'fb', 'driver', 'fs', 'net/ipt_CLUSTERIP'],
].map((name) => `/proc/${name}`)

const profile = seccompProfile()

export interface ProcessSettings {
  uid: number
  openFilesMax: number
  args: readonly string[]
  env: Readonly<Record<string, string>>
  cwd: string
  terminal: boolean
}

/** A process of an instance, its first or another: none has more power than the others. */
export const processConfig = ({ uid, openFilesMax, args, env, cwd, terminal }: ProcessSettings): object => ({
  terminal,
  user: { uid, gid: uid, umask: 0o022, additionalGids: [] },
  args,
  env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
  cwd,
  noNewPrivileges: true,
  capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
  oomScoreAdj: 800,
  rlimits: [
    { type: 'RLIMIT_NOFILE', soft: openFilesMax, hard: openFilesMax },
    { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
  ],
})

export function containerConfig(settings: ContainerSettings): object {
  const { spec, flavour, uid, rootDir, etcDir, slot, netnsPath, openFilesMax, cgroupsPath } = settings
  const bind = (source: string, destination: string, ...options: string[]) => ({
    destination,
    type: 'bind',
    source,
    options: ['rbind', ...options],
  })
  const tmpfs = (destination: string, ...options: string[]) => ({
    destination,
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'noexec', ...options],
  })
  const slotMounts = [
    bind(slot.codeDir, '/code', 'rslave', ...READ_ONLY),
    bind(slot.optDir, '/opt', 'rslave', ...READ_ONLY),
    bind(slot.preparedDir, preparedDir, 'rslave', ...READ_ONLY),
    bind(slot.tmpDir, '/tmp', 'rslave', 'nosuid', 'nodev'),
  ]

  return {
    ociVersion: '1.0.2',
    hostname: 'hanshu',
    root: flavour.slot === 'root' ? { path: slot.slotDir } : { path: rootDir, readonly: true },
    process: processConfig({
      uid,
      openFilesMax,
      args: flavour.launcher(spec.argv),
      env: { ...settings.env, ...spec.env },
      cwd: '/',
      terminal: false,
    }),
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
      tmpfs('/dev', 'strictatime', 'mode=755', 'size=64k'),
      // For programs that are started beside the function's, at a terminal. gVisor brings its own.
      ...(flavour.startsBeside ? [TERMINALS] : []),
      tmpfs('/dev/shm', 'nodev', 'mode=1777', 'size=64m'),
      bind('/usr', '/usr', ...READ_ONLY),
      bind(etcDir, '/etc', ...READ_ONLY, 'noexec'),
      ...(flavour.slot === 'root' ? [] : slotMounts),
      ...spec.mounts.map(({ source, target }) => bind(source, target, ...READ_ONLY)),
    ],
    linux: {
      rootfsPropagation: 'rslave',
      ...(cgroupsPath === undefined ? {} : { cgroupsPath }),
      namespaces: [
        ...['pid', 'mount', 'ipc', 'uts', 'cgroup'].map((type) => ({ type })),
        { type: 'network', ...(netnsPath === undefined ? {} : { path: netnsPath }) },
      ],
      sysctl: { 'net.ipv6.conf.all.disable_ipv6': '1', 'net.ipv4.ip_unprivileged_port_start': '0' },
      maskedPaths: MASKED,
      readonlyPaths: ['/proc/sys', '/proc/bus'],
      seccomp: profile,
    },
  }
}
