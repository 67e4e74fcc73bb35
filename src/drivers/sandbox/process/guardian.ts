/**
 * A process beside the platform that outlives it by a moment: when the platform is gone, however it ended, it kills what
 * the platform held. It needs neither root nor Linux: it reads its standard input, which ends with the platform.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Logger } from '../../../lib/logger.ts'
import { MARKER } from './process-table.ts'

export interface Guardian {
  /** From now on the group, and whoever carries the instance's marker, ends with the platform. */
  watch(instanceId: string, groupId: number): void
  /** All of the instance are gone: its numbers may be other processes' by now. */
  forget(instanceId: string, groupId: number): void
  /** The platform has killed everything itself. */
  close(): Promise<void>
}

/** Shows in a list of processes. */
export const GUARDIAN = 'hanshu-guardian'

/**
 * Lines `+ ID GROUP` and `- ID GROUP`. A process may fork between being seen and being killed, so it is done until nobody
 * is found, for a few seconds. Where `/proc` or `grep -z` is missing only the groups are found.
 */
const SCRIPT = `
held=
while read -r sign id group; do
  case $sign in
    +) held="$held $id:$group" ;;
    -) kept=
       for one in $held; do [ "$one" = "$id:$group" ] || kept="$kept $one"; done
       held=$kept ;;
  esac
done
[ -n "$held" ] || exit 0
ids=
for one in $held; do ids="$ids\${ids:+|}\${one%%:*}"; done
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  for one in $held; do kill -KILL -- "-\${one#*:}" 2>/dev/null; done
  left=
  for file in $(grep -lazE "^$1=($ids)$" /proc/[0-9]*/environ 2>/dev/null); do
    pid=\${file#/proc/}
    kill -KILL "\${pid%/environ}" 2>/dev/null && left=yes
  done
  [ -n "$left" ] || exit 0
  sleep 0.1 2>/dev/null || sleep 1
done
`

export async function startGuardian(log: Logger): Promise<Guardian> {
  // In a session of its own: what is sent to the terminal's or the platform's group is not for it.
  const child = spawn('/bin/sh', ['-c', SCRIPT, GUARDIAN, MARKER], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
  })
  await once(child, 'spawn')
  let closing = false
  const exited = once(child, 'exit')
  void exited.then(() => {
    if (!closing)
      log.warn({}, 'the guardian was killed: instances will outlive a platform that is killed too')
  })
  // Nobody hears it any more; that was said above.
  child.stdin!.on('error', () => {})
  child.unref()
  const tell = (sign: '+' | '-', instanceId: string, groupId: number): void =>
    void child.stdin!.write(`${sign} ${instanceId} ${groupId}\n`)
  return {
    watch: (instanceId, groupId) => tell('+', instanceId, groupId),
    forget: (instanceId, groupId) => tell('-', instanceId, groupId),
    async close() {
      closing = true
      // Where nothing else is left to wait for, its end still is.
      child.ref()
      child.stdin!.end()
      await exited
    },
  }
}
