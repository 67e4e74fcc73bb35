/** An alias is switched from version to version while requests run at a constant rate. */
import { setTimeout as pause } from 'node:timers/promises'
import { createFunction, functionCall, type Request, untilQuiet } from '../lib/api.ts'
import { platform, sandboxes } from '../lib/platforms.ts'
import { atRate, errors, failed, showMs } from '../lib/rate.ts'
import type { Group, Row } from '../lib/row.ts'
import { saying } from '../lib/sources.ts'
import { median, p99, percentile } from '../lib/statistics.ts'

const perSecond = 200
const everyMs = 1000

export const alias: Group = {
  name: 'alias',
  title: `An alias that is switched every second at ${perSecond} requests/s`,

  async run(bench) {
    const switches = bench.quick ? 4 : 20
    const [kind] = (await sandboxes()).kinds
    const on = await platform(bench, { sandbox: kind! })
    await createFunction(on, 'switched', { ...(await saying('nodejs20', 'one')), memorySize: 512, cpu: 0.5 })
    await functionCall(on, 'POST', 'switched/versions', {})
    const { zipFile } = await saying('nodejs20', 'two')
    await functionCall(on, 'PUT', 'switched', { code: { zipFile } })
    await functionCall(on, 'POST', 'switched/versions', {})
    await functionCall(on, 'POST', 'switched/aliases', { aliasName: 'prod', versionId: '1' })
    await functionCall(on, 'POST', 'switched/triggers', {
      triggerName: 'http',
      triggerType: 'http',
      qualifier: 'prod',
      triggerConfig: JSON.stringify({ authType: 'anonymous', methods: ['GET'] }),
    })
    await untilQuiet(on)
    const request: Request = {
      url: `${on.endpoints.edge}/proxy/switched.prod/`,
      method: 'GET',
      headers: {},
      body: '',
    }
    const answers = atRate(request, [{ perSecond, durationMs: (switches + 1) * everyMs }])
    const switchMs: number[] = []
    const switching = (async () => {
      for (let count = 0; count < switches; count++) {
        await pause(everyMs)
        const startedMs = performance.now()
        await functionCall(on, 'PUT', 'switched/aliases/prod', { versionId: count % 2 === 0 ? '2' : '1' })
        switchMs.push(performance.now() - startedMs)
      }
    })()
    const [sent] = await Promise.all([answers, switching])
    const tookMs = sent.filter(({ status }) => status === 200).map((answer) => answer.tookMs)
    const count = (text: string) => sent.filter(({ body }) => body === text).length
    const rows: Row[] = [
      {
        what: `${kind}: ${switches} switches, ${sent.length} requests (${count('one')} by version 1, ${count('two')} by version 2): ${errors(sent)}`,
        median: showMs(median(tookMs)),
        p99: showMs(p99(tookMs)),
        goal: 'no errors',
        reached: failed(sent) === 0 && count('one') > 0 && count('two') > 0,
      },
      {
        what: `${kind}: UpdateAlias under this load`,
        median: showMs(median(switchMs)),
        p99: showMs(percentile(switchMs, 1)),
      },
    ]
    return rows
  },
}
