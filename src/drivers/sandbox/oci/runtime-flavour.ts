/** What differs between the programs that start containers. Nothing else in this driver asks for their names. */
export interface RuntimeFlavour {
  readonly name: RuntimeName
  /** Options before the command `run`. Of several sets, the first with which a program really runs is used. */
  readonly optionSets: readonly (readonly string[])[]
  /** Options of the command `run`. */
  readonly runOptions: readonly string[]
  /** Text of sh that becomes "$@", the command of the runtime. The channel comes on descriptor 3. */
  readonly start: string
  /**
   * The command inside the container. It writes one byte to the channel when everything is prepared, and becomes the
   * program, which has the channel on descriptor 3.
   */
  launcher(argv: readonly string[]): string[]
  /** False: it makes a control group inside of ours by itself, and its own threads stay outside. */
  readonly entersGroups: boolean
  /** Its programs are processes of the machine, so that another one beside them can be ended with all that it started. */
  readonly startsBeside: boolean
  /** The kernel's note of an out-of-memory kill is gone with that group: it has to be inferred. */
  readonly losesOomNote: boolean
  /**
   * How a mount that is made later reaches the program. `mounts`: folders of the slot are mounts of the container, and
   * what is mounted over them propagates. `root`: the slot is the root of the container, and every path is looked up
   * anew; a mount of the container would stay at the folder that it was opened with.
   */
  readonly slot: 'mounts' | 'root'
  /** Memory of the control group that is not the function's. */
  readonly ownMemoryBytes: number
  /** Processes and threads of the machine that so many of the function may take, the runtime's own among them. */
  hostPids(pidsMax: number): number
}

export type RuntimeName = 'crun' | 'runc' | 'runsc'

/**
 * `setpriv` asks the kernel to kill the container when its parent, the OCI runtime, dies. The same for crun and runc,
 * which share the machine's kernel with the program.
 */
const onDescriptor = (argv: readonly string[]): string[] => [
  ...['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--', '/bin/sh', '-c'],
  ...['printf . >&3; exec "$@"', 'sh', ...argv],
]

const crun: RuntimeFlavour = {
  name: 'crun',
  optionSets: [['--cgroup-manager=disabled']],
  runOptions: ['--preserve-fds', '1'],
  start: 'exec "$@"',
  launcher: onDescriptor,
  entersGroups: true,
  startsBeside: true,
  losesOomNote: false,
  slot: 'mounts',
  ownMemoryBytes: 0,
  // crun, which waits for the program, is a member of the group as well.
  hostPids: (pidsMax) => pidsMax + 1,
}

const runc: RuntimeFlavour = {
  ...crun,
  name: 'runc',
  optionSets: [[]],
  entersGroups: false,
  losesOomNote: true,
  hostPids: (pidsMax) => pidsMax,
}

/**
 * gVisor: the program runs on a kernel of its own, the sentry, which is a process of the machine. It takes the addresses
 * of its network namespace over into a network stack of its own, so that the machine's firewall filters it as any other.
 *
 * Files of the root are looked up anew at every use (`shared`); what is mounted at the start and never changes, /usr
 * above all, is remembered (`exclusive`). Releases of 2022 hand on no descriptor but 0 to 2.
 */
const runscOptions = [
  ...['--network=sandbox', '--ignore-cgroups', '--overlay2=none'],
  ...['--file-access=shared', '--file-access-mounts=exclusive'],
]

/**
 * The channel is its standard input, a socket. Releases up to at least 2024 take every network namespace for the
 * machine's own, and refuse it, where they see a file of /proc/sys/net that newer kernels show in all of them. Seen
 * from a mount namespace of its own, there is none; what we mount later still comes in.
 */
const runscStart = `exec unshare --mount --propagation slave -- /bin/sh -c '
  mount -t tmpfs -o ro none /proc/sys/net && exec "$@"' sh "$@" 0<&3 3<&-`

const runsc: RuntimeFlavour = {
  name: 'runsc',
  // systrap is the faster one, and unknown to releases before 2023. kvm is not tried: where it does not work it hangs.
  optionSets: ['systrap', 'ptrace'].map((platform) => [`--platform=${platform}`, ...runscOptions]),
  runOptions: [],
  start: runscStart,
  launcher: (argv) => [
    ...['/bin/sh', '-c'],
    ...['exec 3<&0 0</dev/null; printf . >&3; exec "$@"', 'sh', ...argv],
  ],
  entersGroups: true,
  startsBeside: false,
  losesOomNote: false,
  slot: 'root',
  ownMemoryBytes: 64 * 1024 * 1024,
  // A process of the function is a process of the machine with some threads; the sentry and its helpers have dozens.
  hostPids: (pidsMax) => pidsMax * 8 + 128,
}

const flavours: Record<RuntimeName, RuntimeFlavour> = { crun, runc, runsc }

export const runtimeFlavour = (name: RuntimeName): RuntimeFlavour => flavours[name]
