import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { silentLogger } from '../../../../lib/logger.ts'
import { binding, codeFolder, readAll, sandboxSpec } from '../../../../ports/sandbox.contract.ts'
import type { Sandbox, SandboxBinding } from '../../../../ports/sandbox.ts'
import { runProgram } from '../../run-program.ts'
import { type OciSandboxDriver, type OciSettings, ociSandboxDriver } from '../oci-sandbox-driver.ts'

export const runtimeName = (process.env['HANSHU_TEST_RUNTIME'] ?? 'crun') as OciSettings['runtimeName']

/** gVisor: programs run on a kernel of their own, which is not the machine's and shows and permits what it likes of itself. */
export const ownKernel = runtimeName === 'runsc'

export interface Place {
  folder: string
  settings: OciSettings
  open(): Promise<OciSandboxDriver>
  remove(): Promise<void>
}

/** Folders and a name of an owner that nobody else uses. */
export async function newPlace(more: Partial<OciSettings> = {}): Promise<Place> {
  await runProgram('ip', ['link', 'set', 'dev', 'lo', 'up'])
  const folder = await mkdtemp(`${tmpdir()}/hanshu-oci-`)
  const settings: OciSettings = {
    ownerId: `test-${randomBytes(4).toString('hex')}`,
    runDir: `${folder}/run`,
    diskDir: `${folder}/disks`,
    runtimeName,
    // Small, so that filling it is quick.
    defaultDiskMb: 48,
    networkPoolSize: 1,
    log: silentLogger,
    ...more,
  }
  return {
    folder,
    settings,
    open: () => ociSandboxDriver(settings),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

export const perl = (source: string, ...args: string[]): string[] => [
  '/usr/bin/perl',
  '-e',
  `$| = 1; ${source}`,
  ...args,
]

/** Starts a program that waits for a line on file descriptor 3, binds, lets it go on, and answers all it printed. */
export async function runBound(
  driver: OciSandboxDriver,
  script: string,
  more: Partial<SandboxBinding> = {},
): Promise<{ output: string; sandbox: Sandbox }> {
  const sandbox = await driver.create(sandboxSpec(['/bin/sh', '-c', `read go <&3\n${script}`]))
  const code = more.codeSource ?? (await codeFolder({}))
  await sandbox.bind({ ...binding(code), ...more })
  sandbox.channel.write('\n')
  sandbox.stderr.resume()
  const output = await readAll(sandbox.stdout)
  // Nobody is left who could write, but the runtime may not have told the exit code yet.
  await sandbox.exited
  await sandbox.kill()
  if (more.codeSource === undefined) await rm(code, { recursive: true })
  return { output, sandbox }
}
