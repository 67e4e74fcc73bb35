/** Platforms that are measured: started from the sources, each with a data folder of its own, ended with the group. */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { nodeBinary } from '../../src/lib/node-binaries.ts'
import {
  noSandboxesHere,
  type Platform,
  type PlatformOptions,
  projectDir,
  startPlatform,
} from '../../test/platform.fixture.ts'
import type { Bench } from './row.ts'

export async function platform(bench: Bench, options: PlatformOptions): Promise<Platform> {
  const started = await startPlatform(options)
  bench.own(() => started.remove())
  return started
}

/** The kinds of sandbox that this machine can run, and why another cannot. */
export async function sandboxes(): Promise<{ kinds: ('oci' | 'process')[]; withoutOci: string | false }> {
  const withoutOci = await noSandboxesHere()
  return { kinds: withoutOci ? ['process'] : ['oci', 'process'], withoutOci }
}

export const nodeProgram = (major: 20 | 24): Promise<string> =>
  nodeBinary(major, { toolsDir: join(projectDir, '.tools') })

/** The Python that functions are run with, as the runtime's description looks for it. */
export async function pythonProgram(): Promise<string> {
  for (const candidate of ['/usr/local/bin/python3', '/usr/bin/python3']) {
    const found = await access(candidate).then(
      () => true,
      () => false,
    )
    if (found) return candidate
  }
  throw new Error('there is no python3 in /usr/local/bin or /usr/bin')
}
