/** Queues: send, receive and delete by the vendor's SDK beside one INSERT and one DELETE in SQLite, each synced. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Sdk } from '../../test/clients.fixture.ts'
import { mnsClient } from '../../test/conformance/queues/queues.fixture.ts'
import { captured } from '../lib/captured.ts'
import { loops, sendRaw } from '../lib/loops.ts'
import { platform } from '../lib/platforms.ts'
import type { Group } from '../lib/row.ts'
import { show } from '../lib/statistics.ts'

const body = 'x'.repeat(200)

export const queues: Group = {
  name: 'queues',
  title: 'Queues (peer: one synced INSERT at a time into SQLite)',

  async run(bench) {
    const on = await platform(bench, { sandbox: 'process' })
    const client: Sdk = mnsClient(on)
    await client.createQueue('bench')
    const durationMs = bench.quick ? 500 : 3000
    const raw = inserts(join(bench.folder, 'raw.db'), durationMs)
    const send = await captured(on.endpoints.mns, (endpoint) =>
      mnsClient({ ...on, endpoints: { ...on.endpoints, mns: endpoint } }).sendMessage('bench', {
        MessageBody: body,
      }),
    )
    const alone = await loops({ connections: 1, durationMs }, () => sendRaw(send))
    const many = await loops({ connections: 32, durationMs }, () => sendRaw(send))
    const taken = await loops({ connections: 8, durationMs }, async () => {
      const { body: message } = await client.receiveMessage('bench')
      await client.deleteMessage('bench', message.ReceiptHandle)
    })
    return [
      { what: 'SQLite, one INSERT and one sync at a time', perSecond: show(raw) },
      { what: 'SendMessage, c=1', median: show(alone.p50Ms, 'ms'), p99: show(alone.p99Ms, 'ms'), perSecond: show(alone.perSecond), ratio: show(alone.perSecond / raw) }, // biome-ignore format: one line
      { what: 'SendMessage, c=32', median: show(many.p50Ms, 'ms'), p99: show(many.p99Ms, 'ms'), perSecond: show(many.perSecond), ratio: show(many.perSecond / raw) }, // biome-ignore format: one line
      { what: 'ReceiveMessage and DeleteMessage, c=8, by the SDK', median: show(taken.p50Ms, 'ms'), p99: show(taken.p99Ms, 'ms'), perSecond: show(taken.perSecond), ratio: show(taken.perSecond / raw) }, // biome-ignore format: one line
    ]
  },
}

function inserts(file: string, durationMs: number): number {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE m (id INTEGER PRIMARY KEY, body TEXT)') // biome-ignore format: one line
  const insert = database.prepare('INSERT INTO m (body) VALUES (?)')
  const startedMs = performance.now()
  let count = 0
  while (performance.now() - startedMs < durationMs) {
    insert.run(body)
    count++
  }
  const perSecond = (count * 1000) / (performance.now() - startedMs)
  database.close()
  return perSecond
}
