import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { CommandFailed, PlatformRefused } from '../errors.ts'
import type { Platform } from '../platform.ts'
import type { Terminal } from '../terminal.ts'
import { apply } from './apply.ts'
import { type Package, packageOf } from './package.ts'
import { isUnchanged, planFor } from './plan.ts'
import type { FunctionResource } from './props.ts'
import { listTriggers, readRemote } from './remote.ts'
import { planLines } from './show.ts'
import { type CodeLocation, megabytes, upload } from './upload.ts'

export interface DeploySettings {
  platform: Platform
  terminal: Terminal
  folder: string
  onlyPlan: boolean
  prune: boolean
  runActions: boolean
}

/** False when the platform refused a part of it, which was said. Throws `CommandFailed` for code that cannot be packed. */
export async function deployFunction(resource: FunctionResource, settings: DeploySettings): Promise<boolean> {
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
  { platform, terminal }: DeploySettings,
): Promise<CodeLocation | undefined> {
  if (pack) return upload(pack, platform, terminal)
  return code.from === 'oss'
    ? { ossBucketName: code.ossBucketName, ossObjectName: code.ossObjectName }
    : undefined
}

/** Commands from a file run only for someone who asked for it. */
async function preDeploy(
  { name, preDeploy: steps }: FunctionResource,
  settings: DeploySettings,
): Promise<void> {
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

async function printUrls(functionName: string, { platform, terminal }: DeploySettings): Promise<void> {
  for (const { triggerName, triggerType, httpTrigger } of await listTriggers(platform, functionName)) {
    if (triggerType === 'http' && httpTrigger?.urlInternet) {
      terminal.print(`  ${triggerName}: ${httpTrigger.urlInternet}`)
    }
  }
}
