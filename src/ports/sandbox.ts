import type { Duplex, Readable, Writable } from 'node:stream'

/**
 * SandboxDriver: how an instance is held. A sandbox is started *generic* (a booted language runtime that waits for
 * code) and is bound once to one function; it is never bound again. Creating is slow and happens ahead of time;
 * `bind` is on the path of a cold start and takes no longer than a few file writes.
 */
export interface SandboxDriver {
  readonly name: string
  /** False when the process shares the host's files, network and limits; the platform warns at every start. */
  readonly isolates: boolean
  /** Starts the program. Resolves when it runs; what it says comes over `channel`. Rejects with `NoDiskRoom`. */
  create(spec: SandboxSpec): Promise<Sandbox>
  /** Undefined where programs in sandboxes find hosts by name as the machine does, and trust whom it trusts. */
  readonly names?: PlatformNames
  /** Kills every sandbox of this driver and removes all that it made on the machine. */
  close(): Promise<void>
}

/** How programs in sandboxes find the platform by names that are somebody else's outside, and take it for the real one. */
export interface PlatformNames {
  /** Where the names lead. */
  readonly address: string
  /** From now on these names, in lower case and without a dot at the end, lead there. Before, there are none. */
  answer(isPlatform: (name: string) => boolean): void
  /** Sandboxes that are created from now on trust this authority beside those that they trust anyway. Called once. */
  trust(authority: TrustedAuthority): Promise<void>
}

/** Who vouches for servers. */
export interface TrustedAuthority {
  commonName: string
  /** PEM. */
  certificate: string
}

/** The machine's disk has no room for the disk of another instance. */
export class NoDiskRoom extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NoDiskRoom'
  }
}

export interface SandboxSpec {
  instanceId: string
  /** Program and arguments, as seen inside. A driver without a file system of its own maps `mounts` targets to sources. */
  argv: readonly string[]
  /** The whole environment of the program. */
  env: Readonly<Record<string, string>>
  /** Read-only folders or files of the host that are visible inside. */
  mounts: readonly Mount[]
}

export interface Mount {
  source: string
  target: string
}

export interface Sandbox {
  readonly instanceId: string
  /** Both directions of file descriptor 3 of the program. Ends when the program closes it or dies. */
  readonly channel: Duplex
  /** What the program and its children write to file descriptors 1 and 2. */
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles when every process of the sandbox is gone. Never rejects. */
  readonly exited: Promise<SandboxExit>

  /** Gives the sandbox to a function: makes its files visible and its limits true. Rejects if it was bound before, or with `NoDiskRoom`. */
  bind(binding: SandboxBinding): Promise<BoundPaths>
  /**
   * Stops every process of the sandbox where it stands; `thaw` lets them go on. Both may be called twice. A thaw overtakes
   * a freeze that has not settled: both resolve, and the processes run.
   */
  freeze(): Promise<void>
  thaw(): Promise<void>
  /** SIGKILL to every process, frozen or not; resolves when all are gone and all that was made for it is removed. */
  kill(): Promise<void>
  usage(): Promise<SandboxUsage>
  /**
   * Where a TCP port that the program listens on inside can be reached from the platform. Where sandboxes share the
   * ports of the machine, `listenPort` may have become another one: then the program has to listen on the one told here.
   */
  address(port: number): { host: string; port: number }
  /**
   * Starts another program beside the first, with no more power than that has: same user, limits and isolation. Rejects
   * when the sandbox has ended. What is no such program ends with 126 or 127. Absent where the driver cannot.
   */
  exec?(command: SandboxCommand): Promise<SandboxSession>
}

export interface SandboxCommand {
  argv: readonly string[]
  /** The whole environment of the program, apart from what the driver adds. */
  env: Readonly<Record<string, string>>
  /** As seen inside. */
  cwd: string
  /** At a terminal of 80 columns and 24 lines, where the machine has a program that makes one: `tty` of the session tells. */
  tty: boolean
}

/** A program that was started in a sandbox beside its own. It ends with the sandbox. */
export interface SandboxSession {
  readonly tty: boolean
  readonly stdin: Writable
  readonly stdout: Readable
  /** Ends at once at a terminal, where everything comes by `stdout`. */
  readonly stderr: Readable
  /** Settles when the program and what it started are gone and all they wrote can be read. Never rejects. */
  readonly exited: Promise<{ code: number | null; signal: string | null }>
  /** SIGKILL to the program and what it started; resolves when they are gone. May be called twice. */
  kill(): Promise<void>
}

export interface SandboxBinding {
  /** Folder of the host with the function's code; visible read-only at `codeDir`. */
  codeSource: string
  /** Folder of the host with the merged layers; visible read-only at `optDir`. */
  optSource?: string
  /** Folder of the host with what was made of the code ahead of time; visible read-only at `preparedDir`. */
  preparedSource?: string
  memoryMb: number
  /** vCPUs, fractions allowed. */
  cpu: number
  /** Size of the writable `tmpDir`. */
  diskMb: number
  pidsMax: number
  /** The platform's own endpoints are always reachable; with true the public internet is as well. */
  internetAccess: boolean
  /** The program is going to listen on this TCP port. */
  listenPort?: number
}

/** The folders as the program sees them: `/code`, `/opt` and `/tmp` where the sandbox has a file system of its own. */
export interface BoundPaths {
  codeDir: string
  optDir: string
  tmpDir: string
  /** Empty when nothing was prepared. */
  preparedDir: string
}

export interface SandboxExit {
  code: number | null
  signal: string | null
  /** The kernel killed a process of the sandbox because of its memory limit. */
  oomKilled: boolean
}

export interface SandboxUsage {
  memoryBytes: number
  memoryPeakBytes: number
  cpuMs: number
}
