import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { type Command, isSet, platformFlags, text } from '../command.ts'
import { apply } from '../deploy/apply.ts'
import { readManifest } from '../deploy/manifest.ts'
import { type Package, packageOf } from '../deploy/package.ts'
import { isUnchanged, planFor } from '../deploy/plan.ts'
import type { FunctionResource } from '../deploy/props.ts'
import { listTriggers, readRemote } from '../deploy/remote.ts'
import { planLines } from '../deploy/show.ts'
import { accountIdOf, type CodeLocation, megabytes, upload } from '../deploy/upload.ts'
import { CommandFailed, PlatformRefused } from '../errors.ts'
import { connect, type Platform } from '../platform.ts'
import type { Terminal } from '../terminal.ts'

export const deploy: Command = {
  summary: 'Deploy the functions of an s.yaml (component fc3, edition 3.0.0)',
  usage: 'deploy [RESOURCE...] [-t FILE] [FLAGS]',
  details:
    'Compares the file with the platform, prints what differs, and does that and nothing else: a second deploy\n' +
    'sends no write. It asks nothing. Nothing is removed unless --prune is given, and then only triggers,\n' +
    'asyncInvokeConfig and concurrencyConfig of the functions in the file.\n' +
    'What .fcignore and .funignore name is left out of the code.',
  examples: [
    'hanshu deploy',
    'hanshu deploy -t services/shop/s.yaml --plan',
    'hanshu deploy api worker --prune',
    'hanshu deploy --run-actions',
  ],
  positionals: { min: 0, max: 100 },
  flags: {
    template: { value: 'FILE', short: 't', help: 'The file to read; default: s.yaml.' },
    plan: { help: 'Only show what would be done. The exit code is 0 either way.' },
    prune: { help: 'Remove what the platform has and the file has not.' },
    'run-actions': { help: 'Run the pre-deploy actions of the file, which are commands on this machine.' },
    ...platformFlags,
  },

  async run(args, terminal) {
    const file = resolve(terminal.workingDir, text(args, 'template') ?? 's.yaml')
    const platform = await connect(args, terminal)
    const resources = await readResources(file, args.positionals, platform, terminal)
    const settings: Settings = {
      platform,
      terminal,
      folder: dirname(file),
      onlyPlan: isSet(args, 'plan'),
      prune: isSet(args, 'prune'),
      runActions: isSet(args, 'run-actions'),
    }
    let allDone = true
    for (const resource of resources) allDone = (await deployOne(resource, settings)) && allDone
    return allDone ? 0 : 1
  },
}

export interface Settings {
  platform: Platform
  terminal: Terminal
  folder: string
  onlyPlan: boolean
  prune: boolean
  runActions: boolean
}

export async function readResources(
  file: string,
  only: readonly string[],
  platform: Platform,
  terminal: Terminal,
): Promise<FunctionResource[]> {
  const source = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const hint = error.code === 'ENOENT' ? `There is no ${file}. Name another file with -t.` : error.message
    throw new CommandFailed(hint, { cause: error })
  })
  const resources = readManifest(source, {
    fileName: relative(terminal.workingDir, file),
    environment: terminal.environment,
    // Asked for only where the file needs it.
    accountId: /account_?id/i.test(source) ? await accountIdOf(platform) : platform.accountId,
    region: platform.region,
  })
  const names = resources.map(({ name }) => name)
  for (const name of only) {
    if (!names.includes(name))
      throw new CommandFailed(`The file has no resource ${name}; it has ${names.join(', ')}.`)
  }
  return only.length === 0 ? resources : resources.filter(({ name }) => only.includes(name))
}

/** False when the platform refused a part of it, which was said. Throws `CommandFailed` for code that cannot be packed. */
export async function deployOne(resource: FunctionResource, settings: Settings): Promise<boolean> {
  const { platform, terminal, folder, onlyPlan, prune } = settings
  const { functionName, code, region } = resource
  for (const warning of resource.warnings) terminal.note(`warning: ${warning}`)
  if (region !== undefined && region !== platform.region) {
    terminal.note(`note: the file names region ${region}; this platform is ${platform.region}.`)
  }
  await preDeploy(resource, settings)

  const pack = code.from === 'path' ? await packageOf(resolve(folder, code.path)) : undefined
  try {
    const remote = await readRemote(platform, functionName, resource.asyncInvokeConfig?.qualifier ?? 'LATEST')
    const plan = planFor({ wanted: resource, remote, checksum: pack?.checksum, prune })
    for (const line of planLines(resource, plan, codeSize(pack))) terminal.print(line)
    let failures = 0
    if (!onlyPlan && !isUnchanged(plan)) {
      await apply({
        platform,
        resource,
        plan,
        sendCode: () => locate(resource, pack, settings),
        failed(what, error) {
          failures += 1
          terminal.note(`${functionName}, ${what}: ${error.message}`)
        },
      })
    }
    if (!onlyPlan) await printUrls(functionName, settings)
    return failures === 0
  } catch (error) {
    if (!(error instanceof PlatformRefused)) throw error
    terminal.note(`${functionName}: ${error.message}`)
    return false
  } finally {
    await pack?.dispose()
  }
}

const codeSize = (pack: Package | undefined): string => {
  if (!pack) return 'code from elsewhere'
  return `code ${megabytes(pack.sizeBytes)}${pack.files === undefined ? '' : `, ${pack.files} files`}`
}

async function locate(
  { code }: FunctionResource,
  pack: Package | undefined,
  { platform, terminal }: Settings,
): Promise<CodeLocation | undefined> {
  if (pack) return upload(pack, platform, terminal)
  return code.from === 'oss'
    ? { ossBucketName: code.ossBucketName, ossObjectName: code.ossObjectName }
    : undefined
}

/** Commands from a file run only for someone who asked for it. */
async function preDeploy({ name, preDeploy: steps }: FunctionResource, settings: Settings): Promise<void> {
  const { terminal, folder, onlyPlan, runActions } = settings
  for (const { run, path } of steps) {
    if (!runActions || onlyPlan) {
      terminal.note(`note: the pre-deploy action of ${name} is not run (--run-actions runs it): ${run}`)
      continue
    }
    terminal.note(`${name}: ${run}`)
    const code = await new Promise<number>((done, reject) => {
      const child = spawn(run, {
        shell: true,
        cwd: resolve(folder, path),
        stdio: ['ignore', 'inherit', 'inherit'],
        signal: terminal.signal,
      })
      child.once('error', reject)
      child.once('exit', (status) => done(status ?? 1))
    })
    if (code !== 0)
      throw new CommandFailed(`The pre-deploy action of ${name} failed with exit code ${code}: ${run}`)
  }
}

async function printUrls(functionName: string, { platform, terminal }: Settings): Promise<void> {
  for (const { triggerName, triggerType, httpTrigger } of await listTriggers(platform, functionName)) {
    if (triggerType === 'http' && httpTrigger?.urlInternet) {
      terminal.print(`  ${triggerName}: ${httpTrigger.urlInternet}`)
    }
  }
}
