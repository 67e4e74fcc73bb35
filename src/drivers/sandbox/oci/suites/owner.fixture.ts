import { silentLogger } from '../../../../lib/logger.ts'
import { binding, sandboxSpec } from '../../../../ports/sandbox.contract.ts'
import { type OciSettings, ociSandboxDriver } from '../oci-sandbox-driver.ts'

/** A platform that a test kills: it holds a bound sandbox that works, one that is frozen, and one in the pool. */
const settings = JSON.parse(process.argv[2]!) as OciSettings & { mark: string; code: string }
const driver = await ociSandboxDriver({ ...settings, log: silentLogger })
const start = () =>
  driver.create(sandboxSpec(['/bin/sh', '-c', `setsid sleep ${settings.mark} & sleep ${settings.mark}`]))
const [bound, frozen] = await Promise.all([start(), start(), start()])
await bound!.bind({ ...binding(settings.code), internetAccess: false })
await frozen!.freeze()
process.stdout.write('up\n')
