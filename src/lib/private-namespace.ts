import { readlinkSync } from 'node:fs'

/**
 * The platform runs in a mount namespace of its own, so that every mount it makes vanishes with it, however it ends.
 * A process cannot enter one by itself from JavaScript: the command line is run once more behind unshare(1).
 */
const MARKER = 'HANSHU_OUTER_MOUNT_NAMESPACE'

const ownNamespace = (): string => readlinkSync('/proc/self/ns/mnt')

/** True when the marker of the outer namespace was handed down and we are really in another one. */
export function insidePrivateNamespace(): boolean {
  const outer = process.env[MARKER]
  return process.platform === 'linux' && outer !== undefined && outer !== '' && outer !== ownNamespace()
}

/** Only Linux has mount namespaces and only root may make one. */
export function needsPrivateNamespace(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && !insidePrivateNamespace()
}

/** What to execute so that `argv` runs in a private mount namespace. */
export function enterCommand(argv: readonly string[]): { argv: string[]; env: Record<string, string> } {
  return {
    argv: ['/usr/bin/unshare', '--mount', '--propagation', 'private', '--', ...argv],
    env: { [MARKER]: ownNamespace() },
  }
}
