import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type RuntimeDefinition, runtimeArgv } from './runtime-catalog.ts'
import type { RuntimeImage } from './warm-pool.ts'

export interface RuntimeImages {
  /** Runtimes that this machine can run: the language is there, or can be fetched. */
  runnable: ReadonlySet<string>
  /** At once for an image that was asked for before; a language binary may have to be fetched for the first. */
  imageOf(runtime: string): RuntimeImage | Promise<RuntimeImage>
}

/** Turns what the catalog says of a runtime into what a sandbox can start on this machine. */
export async function runtimeImages({
  catalog,
  nodeBinary,
}: {
  catalog: ReadonlyMap<string, RuntimeDefinition>
  /** Path of a Node.js of this major version. */
  nodeBinary(major: number): Promise<string>
}): Promise<RuntimeImages> {
  const known = new Map<string, RuntimeImage>()
  const runnable = new Set<string>()
  for (const [name, { binary }] of catalog) {
    if (binary.kind === 'npm-node' || (await firstThere(binary.candidates))) runnable.add(name)
  }

  async function resolve(runtime: string): Promise<RuntimeImage> {
    const definition = catalog.get(runtime)
    if (!definition) throw new Error(`there is no runtime '${runtime}'`)
    const { binary, files, prepareArgv } = definition
    const mounts = [{ source: files.source, target: files.target }]
    let program: string
    if (binary.kind === 'npm-node') {
      const source = await nodeBinary(binary.major)
      program = join(binary.target, binary.path)
      mounts.push({ source, target: program })
    } else {
      const found = await firstThere(binary.candidates)
      if (found === undefined)
        throw new Error(`none of ${binary.candidates.join(', ')} is there for the runtime '${runtime}'`)
      program = found
    }
    const env = { ...definition.env, PATH: `${dirname(program)}:${definition.env['PATH']}` }
    const image: RuntimeImage = {
      // Runtimes of one language that run on the same program are one pool: which of them it is, is said with the code.
      key: `${definition.language}:${program}`,
      protocol: definition.protocol,
      argv: runtimeArgv(definition, { binary: program }),
      ...(prepareArgv === undefined
        ? {}
        : { prepareArgv: runtimeArgv({ files, argv: prepareArgv }, { binary: program }) }),
      env,
      mounts,
    }
    known.set(runtime, image)
    return image
  }

  return { runnable, imageOf: (runtime) => known.get(runtime) ?? resolve(runtime) }
}

async function firstThere(candidates: readonly string[]): Promise<string | undefined> {
  for (const candidate of candidates) {
    if (
      await access(candidate).then(
        () => true,
        () => false,
      )
    )
      return candidate
  }
  return undefined
}
