import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import type { Logger } from '../../../lib/logger.ts'
import type { SandboxDriver } from '../../../ports/sandbox.ts'
import { findProgram } from '../run-program.ts'
import { startGuardian } from './guardian.ts'
import { ListenPorts } from './listen-ports.ts'
import { killProcesses, ProcessSandbox } from './process-sandbox.ts'
import { startMark } from './process-table.ts'
import { usageTable } from './usage-table.ts'

export interface ProcessSettings {
  /** A folder for temporary files of instances, used by one platform at a time. */
  runDir: string
  log: Logger
}

/** For development and for machines without namespaces: no isolation and no limits. */
export async function processSandboxDriver({ runDir, log }: ProcessSettings): Promise<SandboxDriver> {
  await sweepProcesses(runDir, log)
  await mkdir(`${runDir}/instances`, { recursive: true, mode: 0o700 })
  const setpriv = process.platform === 'linux' ? await findProgram('setpriv') : undefined
  const guardian = await startGuardian(log)
  const usage = usageTable()
  const ports = new ListenPorts()
  const alive = new Map<string, Promise<ProcessSandbox>>()
  let closed = false

  return {
    name: 'process',
    isolates: false,
    async create(spec) {
      if (closed) throw new Error('the sandbox driver is closed')
      if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(spec.instanceId)) {
        throw new Error(`"${spec.instanceId}" cannot be used as a name of an instance`)
      }
      if (alive.has(spec.instanceId)) throw new Error(`the instance ${spec.instanceId} exists`)
      const made = ProcessSandbox.create(spec, { runDir, setpriv, guardian, usageTable: usage, ports, log })
      alive.set(spec.instanceId, made)
      const forget = (): void => void alive.delete(spec.instanceId)
      made.then((sandbox) => sandbox.removed.then(forget, forget), forget)
      return made
    },
    async close() {
      if (closed) return
      closed = true
      const made = await Promise.allSettled(alive.values())
      await Promise.all(
        made.map((result) => (result.status === 'fulfilled' ? result.value.kill() : undefined)),
      )
      await guardian.close()
      await rm(`${runDir}/instances`, { recursive: true, force: true })
    },
  }
}

/** Kills the processes of a platform that was killed itself, known by their process id and the moment they started. */
async function sweepProcesses(runDir: string, log: Logger): Promise<void> {
  const instances = await readdir(`${runDir}/instances`).catch(() => [])
  for (const instanceId of instances) {
    const text = await readFile(`${runDir}/instances/${instanceId}/pid`, 'utf8').catch(() => '')
    const [pid, mark] = [Number(text.split(' ')[0]), text.slice(text.indexOf(' ') + 1).trim()]
    const stillThere = pid > 0 && (await startMark(pid)) === mark
    await killProcesses(instanceId, stillThere ? pid : undefined)
    await rm(`${runDir}/instances/${instanceId}`, { recursive: true, force: true })
  }
  if (instances.length > 0)
    log.warn({ instances: instances.length }, 'what an earlier platform left was removed')
}
