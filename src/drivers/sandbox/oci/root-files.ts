import { lstat, mkdir, readlink, symlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { runProgram } from '../run-program.ts'

/**
 * The root of every instance: empty folders to mount on, and the machine's /usr, seen through the same links as
 * outside. It is shared, read-only and holds nothing of an instance.
 */
export async function makeRoot(rootDir: string): Promise<void> {
  for (const name of ['code', 'dev', 'etc', 'home', 'mnt', 'opt', 'proc', 'run', 'tmp', 'usr', 'var']) {
    await mkdir(`${rootDir}/${name}`, { recursive: true, mode: 0o755 })
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']) {
    const outside = await lstat(`/${name}`).catch(() => undefined)
    if (outside?.isSymbolicLink()) await symlink(await readlink(`/${name}`), `${rootDir}/${name}`)
    else if (outside)
      throw new Error(`/${name} is not part of /usr on this machine: the oci sandbox needs a merged /usr`)
  }
  await symlink('../tmp', `${rootDir}/var/tmp`)
  await symlink('../run', `${rootDir}/var/run`)
}

/** What programs look up in /etc and is the same for everyone; never the machine's accounts, keys or settings. */
const COPIED = [
  ...[
    'alternatives',
    'fonts',
    'gai.conf',
    'ld.so.cache',
    'ld.so.conf',
    'ld.so.conf.d',
    'magic',
    'mime.types',
  ],
  ...['protocols', 'rpc', 'services', 'ssl/certs', 'ssl/openssl.cnf', 'pki/tls/certs', 'ca-certificates'],
  ...['java-17-openjdk', 'java-21-openjdk', 'java-11-openjdk', 'ImageMagick-6', 'ImageMagick-7'],
]

export interface EtcSettings {
  etcDir: string
  hostname: string
  nameServers: readonly string[]
}

export async function makeEtc({ etcDir, hostname, nameServers }: EtcSettings): Promise<void> {
  await mkdir(etcDir, { recursive: true, mode: 0o755 })
  await copyFromEtc(etcDir)
  const files = {
    passwd: 'root:x:0:0:root:/root:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n',
    group: 'root:x:0:\nnogroup:x:65534:\n',
    hosts: `127.0.0.1 localhost ${hostname}\n`,
    hostname: `${hostname}\n`,
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n',
    'resolv.conf': nameServers.map((server) => `nameserver ${server}\n`).join(''),
  }
  for (const [name, text] of Object.entries(files))
    await writeFile(`${etcDir}/${name}`, text, { mode: 0o644 })
  await symlink('/usr/share/zoneinfo/UTC', `${etcDir}/localtime`)
}

/** By cp(1): hundreds of certificates are a few milliseconds for it, a fifth of a second of our own start for Node.js. */
async function copyFromEtc(etcDir: string): Promise<void> {
  const exists = await Promise.all(COPIED.map((name) => lstat(`/etc/${name}`).catch(() => undefined)))
  const byFolder = Map.groupBy(
    COPIED.filter((_, index) => exists[index]),
    (name) => dirname(name),
  )
  for (const [folder, names] of byFolder) {
    await mkdir(`${etcDir}/${folder}`, { recursive: true, mode: 0o755 })
    await runProgram('cp', ['-R', '-P', ...names.map((name) => `/etc/${name}`), `${etcDir}/${folder}/`])
  }
}
