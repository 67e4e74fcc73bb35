/** From `hanshu up` to the ready file, and what an idle platform with a full pool takes. */
import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { projectDir, type Ready } from '../../test/platform.fixture.ts'
import { createFunction, untilQuiet } from '../lib/api.ts'
import { cleanEnvironment } from '../lib/children.ts'
import { sandboxes } from '../lib/platforms.ts'
import { memoryOf, pssOf, tree } from '../lib/processes.ts'
import type { Bench, Group, Row } from '../lib/row.ts'
import { hello } from '../lib/sources.ts'
import { median, mib, p99, show } from '../lib/statistics.ts'
import { peerNames, startPeer } from '../peers/servers.ts'

const readyMaxMs = 1000
const idleMaxMib = 120

interface Start {
  readyMs: number
  frontRss: number
  frontPss: number
  allPss: number
}

export const startup: Group = {
  name: 'startup',
  title: 'Start of the platform, `hanshu up` → ready file, one Node 20 function known, pool of 3',

  async run(bench) {
    const [kind] = (await sandboxes()).kinds
    const dataDir = join(bench.folder, 'startup')
    const cache = join(bench.folder, 'compile-cache')
    const up = (environment: NodeJS.ProcessEnv, prepare?: (on: Ready) => Promise<void>) =>
      startOnce(bench, { HANSHU_DATA: dataDir, HANSHU_SANDBOX: kind, ...environment }, prepare)
    await up({ NODE_COMPILE_CACHE: cache }, async (on) =>
      createFunction(on, 'known', await hello('nodejs20')),
    )
    // Once more: the cache is written at the end of the first.
    await up({ NODE_COMPILE_CACHE: cache })

    const [cached, uncached]: [Start[], Start[]] = [[], []]
    const peers = new Map<string, number[]>(peerNames.map((name) => [name, []]))
    for (const _ of bench.rounds({ count: bench.quick ? 1 : 5, withinMs: 45_000 })) {
      cached.push(await up({ NODE_COMPILE_CACHE: cache }))
      uncached.push(await up({ NODE_DISABLE_COMPILE_CACHE: '1' }))
      for (const [name, readyMs] of peers) readyMs.push((await startPeer(bench, name)).readyMs)
    }
    return [
      ...rowsOf(`${kind}, compile cache warm (as bin/hanshu has it)`, cached, true),
      ...rowsOf(`${kind}, without compile cache`, uncached, false),
      ...[...peers].map(([name, readyMs]) => ({
        what: `${name}: spawn → first answer`,
        median: show(median(readyMs), 'ms'),
        p99: show(p99(readyMs), 'ms'),
      })),
    ]
  },
}

function rowsOf(label: string, starts: readonly Start[], hasGoal: boolean): Row[] {
  const readyMs = median(starts.map((start) => start.readyMs))!
  const allPss = median(starts.map((start) => start.allPss))!
  const frontRss = mib(median(starts.map((start) => start.frontRss)))
  const frontPss = mib(median(starts.map((start) => start.frontPss)))
  return [
    {
      what: `${label}: ready`,
      median: show(readyMs, 'ms'),
      p99: show(p99(starts.map((start) => start.readyMs)), 'ms'),
      ...(hasGoal ? { goal: '≤ 1 s', reached: readyMs <= readyMaxMs } : {}),
    },
    {
      what: `${label}: idle, all processes with the pool, PSS (front alone: RSS ${frontRss}, PSS ${frontPss})`,
      median: mib(allPss),
      ...(hasGoal ? { goal: `≤ ${idleMaxMib} MiB`, reached: allPss <= idleMaxMib * 1_048_576 } : {}),
    },
  ]
}

const startTimeoutMs = 60_000

async function startOnce(
  bench: Bench,
  environment: NodeJS.ProcessEnv,
  prepare?: (on: Ready) => Promise<void>,
): Promise<Start> {
  const readyFile = join(bench.folder, 'ready.json')
  await rm(readyFile, { force: true })
  const startedMs = performance.now()
  const child = spawn(
    'sh',
    [join(projectDir, 'bin/hanshu'), 'up', '--ports', 'auto', '--ready-file', readyFile],
    {
      env: {
        ...cleanEnvironment,
        PATH: process.env['PATH'],
        HANSHU_NODE: process.execPath,
        HANSHU_LOG_LEVEL: 'warn',
        ...environment,
      },
      stdio: 'ignore',
    },
  )
  const ended = new Promise((resolve) => child.once('exit', resolve))
  bench.own(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await ended
  })
  const ready = await untilReady(readyFile, () => child.exitCode, startedMs + startTimeoutMs)
  const readyMs = performance.now() - startedMs
  await prepare?.(ready)
  await untilQuiet(ready)
  await pause(1000)
  const front = memoryOf(ready.pid)
  const allPss = pssOf(tree(ready.pid).map(({ pid }) => pid))
  child.kill('SIGTERM')
  await ended
  return { readyMs, frontRss: front.rssBytes, frontPss: front.pssBytes, allPss }
}

async function untilReady(file: string, exitCode: () => number | null, deadlineMs: number): Promise<Ready> {
  while (performance.now() < deadlineMs) {
    if (exitCode() !== null) throw new Error(`hanshu up ended with ${exitCode()}`)
    const text = await readFile(file, 'utf8').catch(() => '')
    if (text.endsWith('}\n')) return JSON.parse(text) as Ready
    await pause(2)
  }
  throw new Error('hanshu up was not ready in time')
}
