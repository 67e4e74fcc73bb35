import { mkdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { subjectHash } from '../../../lib/certificates.ts'
import type { TrustedAuthority } from '../../../ports/sandbox.ts'

/** Where distributions keep all authorities in one file, and in files of their own beside it. */
const FOLDERS = [
  { folder: 'ssl/certs', bundle: 'ca-certificates.crt' },
  { folder: 'pki/tls/certs', bundle: 'ca-bundle.crt' },
] as const
const FILE = 'hanshu.pem'

/**
 * Adds an authority to the files of `etcDir`, which is /etc of instances, and answers the variables for programs that
 * do not look there by themselves: Node.js and Python's requests bring lists of their own.
 */
export async function trustAuthority(
  etcDir: string,
  authority: TrustedAuthority,
): Promise<Record<string, string>> {
  const bundle = `${await machineBundle()}\n# ${authority.commonName}\n${authority.certificate}`
  for (const { folder, bundle: name } of FOLDERS) {
    const path = `${etcDir}/${folder}`
    await makeOwn(etcDir, path)
    // It may be a link to something that instances do not have.
    await rm(`${path}/${name}`, { force: true })
    await writeFile(`${path}/${name}`, bundle, { mode: 0o644 })
    await rm(`${path}/${FILE}`, { force: true })
    await writeFile(`${path}/${FILE}`, authority.certificate, { mode: 0o644 })
    await linkByHash(path, authority.commonName)
  }
  const [{ folder, bundle: name }] = FOLDERS
  return {
    NODE_EXTRA_CA_CERTS: `/etc/${folder}/${FILE}`,
    REQUESTS_CA_BUNDLE: `/etc/${folder}/${name}`,
    SSL_CERT_FILE: `/etc/${folder}/${name}`,
  }
}

/** Makes it a folder in which nothing is the machine's own: a link that was copied may lead out. */
async function makeOwn(etcDir: string, path: string): Promise<void> {
  const real = await realpath(path).catch(() => undefined)
  if (real?.startsWith(`${await realpath(etcDir)}/`)) return
  await rm(path, { force: true })
  await mkdir(path, { recursive: true, mode: 0o755 })
}

/** Empty where the machine has no authorities. */
async function machineBundle(): Promise<string> {
  for (const path of [
    ...FOLDERS.map(({ folder, bundle }) => `/etc/${folder}/${bundle}`),
    '/etc/ssl/cert.pem',
  ]) {
    const text = await readFile(path, 'utf8').catch(() => '')
    if (text !== '') return text
  }
  return ''
}

/** How OpenSSL finds an authority in a folder; those whose names have the same hash are numbered. */
async function linkByHash(folder: string, commonName: string): Promise<void> {
  for (let number = 0; ; number++) {
    const taken = await symlink(FILE, `${folder}/${subjectHash(commonName)}.${number}`).then(
      () => false,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
        return true
      },
    )
    if (!taken) return
  }
}
