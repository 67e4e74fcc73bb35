import { randomBytes } from 'node:crypto'
import { NoDiskRoom } from '../../../ports/sandbox.ts'
import { findProgram } from '../run-program.ts'
import { OciSandbox, type Runtime, type Workshop } from './oci-sandbox.ts'
import { type RuntimeName, runtimeFlavour } from './runtime-flavour.ts'

/** A runtime that works has started /bin/true by then also on a machine that is overloaded; one that does not may hang. */
const PROBE_TIMEOUT_MS = 15_000

export async function findRuntime(name: RuntimeName): Promise<Omit<Runtime, 'options'>> {
  const path = await findProgram(name)
  if (!path) throw new Error(`the OCI runtime ${name} is not installed`)
  if (!(await findProgram('setpriv'))) throw new Error('setpriv (package util-linux) is not installed')
  return { path, flavour: runtimeFlavour(name) }
}

/**
 * Sets the options of the runtime: the only ones that it has, or the first with which a program runs as an instance
 * does. Whether a way of gVisor works depends on its release, the kernel and the machine, and only trying tells.
 */
export async function settleOptions(shop: Workshop): Promise<void> {
  const { runtime, log } = shop
  const [only, ...others] = runtime.flavour.optionSets
  if (only && others.length === 0) {
    runtime.options = only
    return
  }
  const failures: unknown[] = []
  for (const options of runtime.flavour.optionSets) {
    runtime.options = options
    try {
      await probe(shop)
      log.info({ runtime: runtime.flavour.name, options }, 'the OCI runtime works with these options')
      return
    } catch (error) {
      // That is not the runtime's fault, and the next options would meet it, too.
      if (error instanceof NoDiskRoom) throw error
      failures.push(error)
      log.info({ runtime: runtime.flavour.name, options, error }, 'the OCI runtime does not work like this')
    }
  }
  throw new AggregateError(failures, `the OCI runtime ${runtime.flavour.name} does not work on this machine`)
}

async function probe(shop: Workshop): Promise<void> {
  const instanceId = `probe-${randomBytes(4).toString('hex')}`
  const spec = { instanceId, argv: ['/bin/true'], env: {}, mounts: [] }
  const sandbox = await OciSandbox.create(spec, { ...shop, startTimeoutMs: PROBE_TIMEOUT_MS })
  for (const stream of [sandbox.channel, sandbox.stdout, sandbox.stderr]) stream.resume()
  const timer = setTimeout(() => void sandbox.kill(), PROBE_TIMEOUT_MS)
  const { code, signal } = await sandbox.exited.finally(() => clearTimeout(timer))
  await sandbox.removed
  if (code !== 0) throw new Error(`/bin/true ended with ${signal ?? code}`)
}
