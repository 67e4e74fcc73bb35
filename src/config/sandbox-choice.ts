/**
 * Which sandbox holds instances. Apart from the schema of the settings, because it is decided before a process reads
 * them: one that is about to replace itself by another should not load what only the other needs.
 */
import { access } from 'node:fs/promises'
import { join } from 'node:path'

export const standardSandbox = 'auto'
export const standardOciRuntime = 'crun'

/** `auto` is `oci` where it can work. What is not a name of a sandbox is left to the check of the settings. */
export async function chooseSandbox({
  HANSHU_SANDBOX: wanted = standardSandbox,
  HANSHU_OCI_RUNTIME: runtime = standardOciRuntime,
  PATH: path = '',
}: NodeJS.ProcessEnv): Promise<'oci' | 'process'> {
  if (wanted !== 'auto') return wanted === 'oci' ? 'oci' : 'process'
  // Who names a runtime is not given no isolation instead: where it cannot work, the start fails and says why.
  if (runtime !== standardOciRuntime) return 'oci'
  const root = process.platform === 'linux' && process.getuid?.() === 0
  const folders = path.split(':').concat('/usr/sbin', '/sbin', '/usr/local/sbin')
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, runtime)).then(
        () => true,
        () => false,
      ),
    ),
  )
  return root && found.includes(true) ? 'oci' : 'process'
}
