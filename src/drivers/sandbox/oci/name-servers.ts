import { readFile } from 'node:fs/promises'

/** Where systemd-resolved keeps the real servers when resolv.conf names only its own loopback address. */
const FILES = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']

/** IPv4 name servers of the machine that can be reached from another network namespace. */
export async function reachableNameServers(files: readonly string[] = FILES): Promise<string[]> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '') // a machine without the file has no name servers
    const servers = [...text.matchAll(/^\s*nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$/gm)].map(
      (match) => match[1]!,
    )
    const reachable = servers.filter((server) => !server.startsWith('127.'))
    if (reachable.length > 0) return reachable.slice(0, 3)
  }
  return []
}
