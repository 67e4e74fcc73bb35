/** Asynchronous invocations: how fast they are accepted, how soon they are done, and whether a long queue costs memory. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createFunction, invocation, must, signed } from '../lib/api.ts'
import { platform, sandboxes } from '../lib/platforms.ts'
import type { Bench, Group, Row } from '../lib/row.ts'
import { hello } from '../lib/sources.ts'
import { median, p99, show } from '../lib/statistics.ts'

/** However long the queue is, memory has a window of it. */
const goalGrowthMib = 8

export const async: Group = {
  name: 'async',
  title: 'Asynchronous invocations (peer: one INSERT at a time into SQLite, each synced)',

  async run(bench) {
    return [...(await queueAlone(bench)), ...(await throughPlatform(bench))]
  },
}

async function queueAlone(bench: Bench): Promise<Row[]> {
  const events = bench.quick ? 10_000 : 100_000
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--expose-gc',
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, '../async/queue.ts'),
      String(events),
    ],
    { cwd: bench.folder, timeout: 150_000 },
  )
  const measured = JSON.parse(stdout)
  const { rawPerSecond, acceptedPerSecond, drainedPerSecond } = measured
  const { emptyMib, queuedMib, drainedMib, emptyRssMib, mostRssMib } = measured
  const count = events.toLocaleString('en')
  const grewMib = Math.max(queuedMib, drainedMib) - emptyMib
  return [
    { what: 'SQLite, one INSERT and one sync at a time', perSecond: show(rawPerSecond) },
    {
      what: `the queue alone: accepted and durable, 64 at once, ${count} of them`,
      perSecond: show(acceptedPerSecond),
      ratio: show(acceptedPerSecond / rawPerSecond),
    },
    {
      what: `the queue alone: ${count} drained by calls that take no time`,
      perSecond: show(drainedPerSecond),
    },
    {
      what: `the queue alone: memory held when nothing is queued ${show(emptyMib, 'MiB')}, with ${count} queued or drained more by`,
      median: `${grewMib.toFixed(1)} MiB`,
      goal: `≤ ${goalGrowthMib} MiB`,
      reached: grewMib <= goalGrowthMib,
    },
    {
      what: `the queue alone: RSS, with what no collector has got round to: ${show(emptyRssMib, 'MiB')}, the most while ${count} drain`,
      median: show(mostRssMib, 'MiB'),
    },
  ]
}

/** From the request to the end of its task, one every few milliseconds, so that what is measured is no queue. */
async function throughPlatform(bench: Bench): Promise<Row[]> {
  const [kind] = (await sandboxes()).kinds
  const on = await platform(bench, { sandbox: kind! })
  await createFunction(on, 'later', await hello('nodejs20'))
  const config = JSON.stringify({ asyncTask: true })
  await must(signed(on, { action: 'PutAsyncInvokeConfig', method: 'PUT', path: '/2023-03-30/functions/later/async-invoke-config', body: config, type: 'application/json' })) // biome-ignore format: one line
  await must(invocation(on, 'later'))
  const count = bench.quick ? 100 : 500
  const answeredMs: number[] = []
  const doneMs: number[] = []
  const sentAt = new Map<string, number>()
  for (let number = 0; number < count; number++) {
    const taskId = `task-${number}`
    const request = invocation(on, 'later')
    const headers = { ...request.headers, 'x-fc-invocation-type': 'Async', 'x-fc-async-task-id': taskId }
    sentAt.set(taskId, Date.now())
    answeredMs.push((await must({ ...request, headers })).tookMs)
    await pause(5)
  }
  for (const [taskId, atMs] of sentAt) doneMs.push((await endOf(on, taskId)) - atMs)
  return [
    { what: `${kind}: the answer 202, one at a time`, median: show(median(answeredMs), 'ms'), p99: show(p99(answeredMs), 'ms') }, // biome-ignore format: one line
    { what: `${kind}: from the request to the end of its task, of a warm function`, median: show(median(doneMs), 'ms'), p99: show(p99(doneMs), 'ms') }, // biome-ignore format: one line
  ]
}

async function endOf(on: Parameters<typeof invocation>[0], taskId: string): Promise<number> {
  const path = `/2023-03-30/functions/later/async-tasks/${taskId}`
  for (const deadlineMs = performance.now() + 30_000; performance.now() < deadlineMs; await pause(20)) {
    const { status, endTime } = JSON.parse((await must(signed(on, { action: 'GetAsyncTask', method: 'GET', path }))).body) // biome-ignore format: one line
    if (status === 'Succeeded') return endTime
  }
  throw new Error(`${taskId} has not ended`)
}
