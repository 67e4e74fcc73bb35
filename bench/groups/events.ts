/** Events of products: from the write to the start of the handler; and many of them drained. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { logOf } from '../../test/conformance/conformance.fixture.ts'
import { ossClient } from '../../test/conformance/objects/objects.fixture.ts'
import { createFunction, functionCall, zipOf } from '../lib/api.ts'
import { platform, sandboxes } from '../lib/platforms.ts'
import type { Bench, Group, Row } from '../lib/row.ts'
import { median, p99, show } from '../lib/statistics.ts'

export const events: Group = {
  name: 'events',
  title: 'Events of products',

  async run(bench) {
    return [...(await latency(bench)), ...(await drained(bench))]
  },
}

const handler = `exports.handler = async (event) => {
  console.log('AT ' + Date.now() + ' ' + JSON.parse(event).events[0].oss.object.key)
}`

/** One upload every few milliseconds, so that what is measured is no queue. */
async function latency(bench: Bench): Promise<Row[]> {
  const [kind] = (await sandboxes()).kinds
  const on = await platform(bench, { sandbox: kind! })
  const oss = ossClient(on)
  await oss.putBucket('bench')
  oss.useBucket('bench')
  await createFunction(on, 'seen', { runtime: 'nodejs20', zipFile: await zipOf({ 'index.js': handler }) })
  await functionCall(on, 'POST', 'seen/triggers', {
    triggerName: 'uploads',
    triggerType: 'oss',
    sourceArn: `acs:oss:cn-hangzhou:${on.accountId}:bench`,
    triggerConfig: JSON.stringify({ events: ['oss:ObjectCreated:*'] }),
  })
  const answeredAt = new Map<string, number>()
  const count = bench.quick ? 50 : 300
  for (let number = -10; number < count; number++) {
    await oss.put(`k${number}`, Buffer.from('x'))
    if (number >= 0) answeredAt.set(`k${number}`, Date.now())
    await pause(number < 0 ? 100 : 10)
  }
  const tookMs: number[] = []
  for (const deadlineMs = performance.now() + 20_000; performance.now() < deadlineMs; await pause(200)) {
    const lines = (await logOf(on, 'seen')).flatMap((line) => /AT (\d+) (\S+)/.exec(line)?.slice(1) ?? [])
    if (lines.length / 2 < count + 10) continue
    for (let at = 0; at < lines.length; at += 2) {
      const answeredMs = answeredAt.get(lines[at + 1]!)
      if (answeredMs !== undefined) tookMs.push(Number(lines[at]) - answeredMs)
    }
    break
  }
  if (tookMs.length !== count) throw new Error(`${tookMs.length} of ${count} events were seen`)
  return [
    {
      what: `${kind}: from the answer of PutObject to the start of the handler, warm (below 0: before the answer was read)`,
      median: `${median(tookMs)} ms`,
      p99: `${p99(tookMs)} ms`,
    },
  ]
}

async function drained(bench: Bench): Promise<Row[]> {
  const count = bench.quick ? 10_000 : 100_000
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', '--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../events/outbox.ts'), String(count)], // biome-ignore format: one line
    { cwd: bench.folder, timeout: 180_000 },
  )
  const { keptPerSecond, movedPerSecond, emptyMib, mostMib } = JSON.parse(stdout)
  const what = count.toLocaleString('en')
  return [
    {
      what: `the outbox alone: ${what} events committed with their writes, 64 at once`,
      perSecond: show(keptPerSecond),
    },
    { what: `the outbox alone: ${what} events moved into the queue`, perSecond: show(movedPerSecond) },
    {
      what: `the outbox alone: memory held before ${show(emptyMib, 'MiB')}, with ${what} waiting and after by`,
      median: `${(mostMib - emptyMib).toFixed(1)} MiB`,
      goal: '≤ 8 MiB',
      reached: mostMib - emptyMib <= 8,
    },
  ]
}
