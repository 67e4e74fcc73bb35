/**
 * The platform's program: enters a mount namespace of its own where it needs one and was not started in one, and there
 * runs main/process.ts. Loads little by itself, because it may be about to replace itself.
 */
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chooseSandbox } from './config/sandbox-choice.ts'
import { enterCommand, needsPrivateNamespace } from './lib/private-namespace.ts'
import { freshBundle } from './main/bundle/fresh-bundle.ts'

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
const bundle = freshBundle(resolve(import.meta.dirname, '..'))
const { runPlatform } =
  bundle === undefined
    ? await import('./main/process.ts')
    : ((await import(pathToFileURL(bundle).href)) as typeof import('./main/process.ts'))
await runPlatform(sandboxKind)
