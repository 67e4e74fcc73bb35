/**
 * The platform's program: enters a mount namespace of its own where it needs one, and there runs main/process.ts.
 * Loads little by itself, because it may be about to replace itself.
 */
import { fileURLToPath } from 'node:url'
import { chooseSandbox } from './config/sandbox-choice.ts'
import { enterCommand, needsPrivateNamespace } from './drivers/sandbox/oci/namespace.ts'

/** Runs this program once more, in place, inside a mount namespace of its own. Does not return. */
function enterPrivateNamespace(): never {
  const { argv, env } = enterCommand([process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)])
  process.execve!(argv[0]!, argv, { ...process.env, ...env } as Record<string, string>)
  throw new Error('the private mount namespace could not be entered')
}

// Instances are other users and must be able to read their code; secrets lie in a folder that only we may enter.
process.umask(0o022)
const sandboxKind = await chooseSandbox(process.env)
if (sandboxKind === 'oci' && needsPrivateNamespace()) enterPrivateNamespace()
const { runPlatform } = await import('./main/process.ts')
await runPlatform(sandboxKind)
