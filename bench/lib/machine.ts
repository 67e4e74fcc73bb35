/** Where and what was measured. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { nodeProgram, pythonProgram } from './platforms.ts'

export interface Machine {
  cores: number
  processor: string
  kernel: string
  memoryGib: number
  load: number
  versions: Record<string, string>
}

const run = promisify(execFile)

const versionOf = (file: string, ...args: string[]): Promise<string> =>
  run(file, args).then(
    ({ stdout, stderr }) => /\d+\.\d+[\w.-]*/.exec(stdout + stderr)?.[0] ?? 'unknown',
    (error: { stdout?: string }) => /\d+\.\d+[\w.-]*/.exec(error.stdout ?? '')?.[0] ?? 'not installed',
  )

async function peerVersion(name: string): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '../node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

export async function machine(): Promise<Machine> {
  const versions: Record<string, string> = {
    'Node.js': process.version.slice(1),
    'Node.js 20': await versionOf(await nodeProgram(20), '-v'),
    Python: await versionOf(await pythonProgram(), '--version'),
    crun: await versionOf('crun', '--version'),
    wrk: await versionOf('wrk', '-v'),
  }
  for (const name of ['@google-cloud/functions-framework', 'workerd', 'serverless-offline']) {
    versions[name] = await peerVersion(name)
  }
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    kernel: release(),
    memoryGib: totalmem() / 2 ** 30,
    load: loadavg()[0]!,
    versions,
  }
}
