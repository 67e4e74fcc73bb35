/**
 * `kill -9` under mixed load: objects, rows and messages, each with a trigger. What was acknowledged is there, and its event
 * reaches the function; no event tells of what is not there. HANSHU_EVENTS_FAULT_ROUNDS makes it longer (300 for a
 * release); HANSHU_FAULT_SEED repeats when a run kills.
 */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createFunction, fc3Client, type Sdk } from '../clients.fixture.ts'
import { api } from '../conformance/conformance.fixture.ts'
import { ossClient } from '../conformance/objects/objects.fixture.ts'
import { mnsClient } from '../conformance/queues/queues.fixture.ts'
import { long, TableStore, tablesClient } from '../conformance/tables/tables.fixture.ts'
import { createTrigger } from '../conformance/triggers/triggers.fixture.ts'
import { type Platform, startPlatform, until } from '../platform.fixture.ts'
import { faultSeed, seeded } from './seeded.fixture.ts'

const rounds = Number(process.env['HANSHU_EVENTS_FAULT_ROUNDS'] ?? 3)
const seed = faultSeed()
const random = seeded(seed)

/** Leaves a line for each thing that an event tells of, before it is done; what those are called says what they are. */
const tracer = {
  'index.js': `const { appendFileSync } = require('node:fs')
    exports.handler = async (event) => {
      for (const [id] of event.toString('latin1').matchAll(/(object|row|news)-\\d+-\\d+/g))
        appendFileSync(process.env.TRACES, id + '\\n')
    }`,
}

interface Load {
  /** Answered, and so durable. */
  acknowledged: Set<string>
  /** In the queue, by their bodies. */
  sent: Set<string>
}

interface Clients {
  oss: Sdk
  ots: Sdk
  mns: Sdk
}

const clientsOf = (platform: Platform): Clients => ({
  oss: ossClient(platform, { bucket: 'events' }),
  ots: tablesClient(platform),
  mns: mnsClient(platform),
})

async function makeSources({ oss, ots, mns }: Clients): Promise<void> {
  await oss.putBucket('events')
  await ots.createTable({
    tableMeta: { tableName: 'events', primaryKey: [{ name: 'id', type: 'STRING' }] },
    reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
    tableOptions: { timeToLive: -1, maxVersions: 1 },
    streamSpecification: { enableStream: true, expirationTime: 24 },
  })
  await mns.createTopic('news')
  await mns.createQueue('kept')
}

async function makeFunctions(platform: Platform, traces: string): Promise<void> {
  const client = fc3Client(platform, { connectTimeout: 60_000 })
  const { accountId } = platform
  for (const [functionName, triggerType, place, config] of [
    ['objects', 'oss', 'oss:cn-hangzhou:ID:events', { events: ['oss:ObjectCreated:*'] }],
    ['rows', 'tablestore', 'ots:cn-hangzhou:ID:instance/conformance/table/events', {}],
    ['news', 'mns_topic', 'mns:cn-hangzhou:ID:/topics/news', {}],
  ] as const) {
    await createFunction(client, { functionName, files: tracer, environmentVariables: { TRACES: traces } })
    const sourceArn = `acs:${place.replace('ID', accountId)}`
    const triggerConfig = JSON.stringify(config)
    await createTrigger(client, functionName, {
      triggerName: 'events',
      triggerType,
      sourceArn,
      triggerConfig,
    })
  }
}

const anyway = () => new TableStore.Condition(TableStore.RowExistenceExpectation.IGNORE, null)

/** Each kind of thing by writers of its own, until the platform is killed. */
function writeUntil({ oss, ots, mns }: Clients, load: Load, round: number, isOver: () => boolean) {
  const writers: Record<string, (id: string) => Promise<unknown>> = {
    object: (id) => oss.put(id, Buffer.from(id)),
    row: (id) =>
      ots.putRow({
        tableName: 'events',
        condition: anyway(),
        primaryKey: [{ id }],
        attributeColumns: [{ n: long(1) }],
      }),
    news: (id) => mns.publishMessage('news', { MessageBody: id }),
    sent: (id) => mns.sendMessage('kept', { MessageBody: id }),
  }
  const each = Object.entries(writers).flatMap((writer) => Array.from({ length: 3 }, () => writer))
  return each.map(async ([kind, write], writer) => {
    for (let count = writer; !isOver(); count += each.length) {
      const id = `${kind}-${round}-${count}`
      try {
        await write(id)
        ;(kind === 'sent' ? load.sent : load.acknowledged).add(id)
      } catch (error) {
        if (!isOver()) throw error
      }
    }
  })
}

const waitingOf = async (platform: Platform): Promise<number> => {
  const { text } = await api(platform, 'GET', '/hanshu/triggers')
  const { triggers } = JSON.parse(text) as { triggers: { waiting: number }[] }
  const { asyncQueueDepth } = JSON.parse((await api(platform, 'GET', '/hanshu/status')).text)
  return triggers.reduce((sum, { waiting }) => sum + waiting, asyncQueueDepth)
}

async function receiveAll(mns: Sdk): Promise<Set<string>> {
  const found = new Set<string>()
  for (;;) {
    const batch: Sdk[] = await mns.batchReceiveMessage('kept', 16).then(
      ({ body }: Sdk) => body,
      (error: Sdk) => {
        if (error.name !== 'MNSMessageNotExistError') throw error
        return []
      },
    )
    if (batch.length === 0) return found
    for (const { MessageBody, ReceiptHandle } of batch) {
      found.add(MessageBody)
      await mns.deleteMessage('kept', ReceiptHandle)
    }
  }
}

async function isThere({ oss, ots }: Clients, id: string): Promise<boolean> {
  if (id.startsWith('object'))
    return oss.get(id).then(
      ({ content }: Sdk) => content.toString() === id,
      () => false,
    )
  if (!id.startsWith('row')) return true
  const { row } = await ots.getRow({ tableName: 'events', primaryKey: [{ id }], maxVersions: 1 })
  return row.primaryKey !== undefined
}

test('what was acknowledged and what it triggers survive kill -9 at any moment', {
  timeout: 120_000 + rounds * 20_000,
}, async (t) => {
  t.diagnostic(`HANSHU_FAULT_SEED=${seed} HANSHU_EVENTS_FAULT_ROUNDS=${rounds}`)
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-test-'))
  const dataDir = join(folder, 'data')
  const traces = join(folder, 'traces')
  await mkdir(dataDir)
  await writeFile(traces, '')
  const options = { sandbox: 'process', dataDir, environment: { HANSHU_POOL_SIZE: '1' } } as const
  const load: Load = { acknowledged: new Set(), sent: new Set() }
  let platform = await startPlatform(options)
  try {
    await makeSources(clientsOf(platform))
    await makeFunctions(platform, traces)
    for (let round = 0; round < rounds; round++) {
      let isOver = false
      const writers = writeUntil(clientsOf(platform), load, round, () => isOver)
      await pause(200 + random() * 600)
      isOver = true
      await platform.kill()
      await Promise.all(writers)
      platform = await startPlatform(options)
    }
    let waiting = Number.POSITIVE_INFINITY
    while (waiting > 0)
      waiting = await until(
        async () => {
          const now = await waitingOf(platform)
          return (now < waiting || now === 0) && { now }
        },
        { what: 'fewer events that wait', timeoutMs: 60_000 },
      ).then(({ now }) => now)

    const told = new Set((await readFile(traces, 'utf8')).split('\n').filter(Boolean))
    const lost = [...load.acknowledged].filter((id) => !told.has(id))
    assert.deepEqual(lost, [], `seed ${seed}: acknowledged, and no event came`)
    const clients = clientsOf(platform)
    for (const id of new Set([...told, ...load.acknowledged]))
      assert.ok(await isThere(clients, id), `seed ${seed}: ${id} is not there`)
    const received = await receiveAll(clients.mns)
    assert.deepEqual(
      [...load.sent].filter((id) => !received.has(id)),
      [],
      `seed ${seed}: messages are lost`,
    )
    for (const kind of ['object', 'row', 'news'])
      assert.ok(
        [...load.acknowledged].some((id) => id.startsWith(kind)),
        `no ${kind} was written`,
      )
    t.diagnostic(`${load.acknowledged.size} acknowledged, ${told.size} told of`)
  } catch (error) {
    throw new Error(`seed ${seed}\n${platform.log().slice(-4000)}`, { cause: error })
  } finally {
    await platform.kill()
    await rm(folder, { recursive: true, force: true })
  }
})
