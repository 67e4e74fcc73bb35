import { createHash } from 'node:crypto'
import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { ociSandboxDriver } from '../drivers/sandbox/oci/oci-sandbox-driver.ts'
import { processSandboxDriver } from '../drivers/sandbox/process/process-sandbox-driver.ts'
import type { Logger } from '../lib/logger.ts'
import type { SandboxDriver } from '../ports/sandbox.ts'
import type { Starting } from './starting.ts'

export async function openSandbox(
  { config, sandboxKind, log, closing }: Starting,
  dataDir: string,
): Promise<SandboxDriver> {
  const driver = await openDriver(config, sandboxKind, dataDir, log)
  closing.push(() => driver.close())
  if (!driver.isolates) {
    log.warn(
      { sandbox: driver.name },
      'functions run WITHOUT ISOLATION: the process sandbox is for development only',
    )
  }
  return driver
}

async function openDriver(
  config: Config,
  kind: 'oci' | 'process',
  dataDir: string,
  log: Logger,
): Promise<SandboxDriver> {
  const runDir = join(dataDir, 'run')
  await mkdir(runDir, { recursive: true, mode: 0o700 })
  if (kind === 'process') return processSandboxDriver({ runDir, log })
  // Everything on the machine that belongs to this data folder carries this name, so that its next owner finds it.
  const ownerId = createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
    .slice(0, 8)
  return ociSandboxDriver({
    ownerId,
    runDir,
    diskDir: join(dataDir, 'disks'),
    diskReserveMb: config.HANSHU_DISK_RESERVE_MB,
    diskOvercommit: config.HANSHU_DISK_OVERCOMMIT,
    runtimeName: config.HANSHU_OCI_RUNTIME,
    log,
  })
}
