import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { enterCommand } from '../../../lib/private-namespace.ts'
import { findProgram } from '../run-program.ts'

/** Why the oci sandbox cannot be tried here; false when it can. */
async function obstacle(runtime: string): Promise<string | false> {
  if (process.platform !== 'linux') return 'only Linux has namespaces'
  if (process.getuid?.() !== 0) return 'only root may make instances'
  if (!(await findProgram(runtime))) return `${runtime} is not installed`
  return false
}

/**
 * Each suite runs in a mount namespace, as the platform does, and in a network namespace of its own as well: what it
 * does to the network cannot touch the machine or another suite.
 */
async function passes(suite: string, env: Record<string, string> = {}): Promise<void> {
  const file = fileURLToPath(new URL(suite, import.meta.url))
  const inner = enterCommand([process.execPath, '--test', '--test-reporter=spec', file])
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env
  const child = spawn('/usr/bin/unshare', ['--net', '--', ...inner.argv], {
    env: { ...environment, ...inner.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
  const [code] = await once(child, 'close')
  assert.equal(code, 0, said)
  assert.match(said, /^ℹ pass [1-9]/m, 'nothing was tested')
}

const suites = {
  'keeps the contract of a sandbox': 'suites/contract.ts',
  'isolates instances': 'suites/isolation.ts',
  'filters the network': 'suites/network.ts',
  'leaves nothing on the machine': 'suites/cleanup.ts',
}
describe('the oci driver', { concurrency: 2 }, async () => {
  for (const runtime of ['runsc', 'crun', 'runc']) {
    const skip = await obstacle(runtime)
    for (const [what, suite] of Object.entries(suites))
      test(`${runtime} ${what}`, { skip }, () => passes(suite, { HANSHU_TEST_RUNTIME: runtime }))
  }
})
