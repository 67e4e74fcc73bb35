import { readdir, readFile, writeFile } from 'node:fs/promises'
import type { Logger } from '../../../lib/logger.ts'

const file = (device: string): string => `/proc/sys/net/ipv4/conf/${device}/forwarding`

/**
 * The kernel routes a packet only when the device that it came in by may forward: the bridge for what leaves, the
 * device of the default route for the answers. Only these two are switched, not the whole machine. Answers what puts
 * it back, which is left undone while another platform on this machine still needs it.
 */
export async function allowForwarding(
  bridge: string,
  outsideDevices: readonly string[],
  log: Logger,
): Promise<() => Promise<void>> {
  const switched: string[] = []
  await writeFile(file(bridge), '1')
  for (const device of outsideDevices) {
    if ((await readFile(file(device), 'utf8')).trim() === '1') continue
    await writeFile(file(device), '1')
    switched.push(device)
    log.info(
      { device },
      'IPv4 forwarding is on for the device of the default route, so that instances reach the internet',
    )
  }
  return async () => {
    const others = (await readdir('/proc/sys/net/ipv4/conf')).filter(
      (name) => /^hs[0-9a-f]{6}br$/.test(name) && name !== bridge,
    )
    if (others.length > 0) return
    for (const device of switched) await writeFile(file(device), '0')
  }
}
