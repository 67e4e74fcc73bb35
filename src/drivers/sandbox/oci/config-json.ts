import type { SandboxSpec } from '../../../ports/sandbox.ts'
import { seccompProfile } from './seccomp.ts'

/** What of an instance goes into its OCI configuration. All paths are of the host. */
export interface ContainerSettings {
  spec: SandboxSpec
  uid: number
  rootDir: string
  etcDir: string
  /** Folders that code, layers and the disk are mounted on later; see the README about propagation. */
  slot: { codeDir: string; optDir: string; preparedDir: string; tmpDir: string }
  /** Undefined: a new network namespace with nothing but loopback. */
  netnsPath: string | undefined
  openFilesMax: number
  /** For a runtime that insists on a control group of its own. */
  cgroupsPath: string | undefined
}

/** Beside the vendor's own folders of a runtime, and of none of them: `/code` shows the function's files and no other. */
export const preparedDir = '/var/fc/prepared'

const READ_ONLY = ['ro', 'nosuid', 'nodev']

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

/**
 * `setpriv` asks the kernel to kill the container when its parent, the OCI runtime, dies. The shell then says on file
 * descriptor 4 that everything is prepared and becomes the program.
 */
const launcher = (argv: readonly string[]): string[] => [
  ...['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--', '/bin/sh', '-c'],
  ...['printf . >&4; exec "$@" 4>&-', 'sh', ...argv],
]

export function containerConfig(settings: ContainerSettings): object {
  const { spec, uid, rootDir, etcDir, slot, netnsPath, openFilesMax, cgroupsPath } = settings
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

  return {
    ociVersion: '1.0.2',
    hostname: 'hanshu',
    root: { path: rootDir, readonly: true },
    process: {
      terminal: false,
      user: { uid, gid: uid, umask: 0o022, additionalGids: [] },
      args: launcher(spec.argv),
      env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
      cwd: '/',
      noNewPrivileges: true,
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      oomScoreAdj: 800,
      rlimits: [
        { type: 'RLIMIT_NOFILE', soft: openFilesMax, hard: openFilesMax },
        { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
      ],
    },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
      tmpfs('/dev', 'strictatime', 'mode=755', 'size=64k'),
      tmpfs('/dev/shm', 'nodev', 'mode=1777', 'size=64m'),
      bind('/usr', '/usr', ...READ_ONLY),
      bind(etcDir, '/etc', ...READ_ONLY, 'noexec'),
      bind(slot.codeDir, '/code', 'rslave', ...READ_ONLY),
      bind(slot.optDir, '/opt', 'rslave', ...READ_ONLY),
      bind(slot.preparedDir, preparedDir, 'rslave', ...READ_ONLY),
      bind(slot.tmpDir, '/tmp', 'rslave', 'nosuid', 'nodev'),
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
