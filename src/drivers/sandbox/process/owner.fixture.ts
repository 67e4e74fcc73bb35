import { silentLogger } from '../../../lib/logger.ts'
import { sandboxSpec } from '../../../ports/sandbox.contract.ts'
import { processSandboxDriver } from './process-sandbox-driver.ts'

/** A platform that a test kills: it holds one sandbox with a child in its group and one in a session of its own. */
const [, , runDir, mark] = process.argv
const driver = await processSandboxDriver({ runDir: runDir!, log: silentLogger })
const script = `sleep ${mark} & setsid sleep ${mark} & exec sleep ${mark}`
await driver.create(sandboxSpec(['/bin/sh', '-c', script]))
process.stdout.write('up\n')
