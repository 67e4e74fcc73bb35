/**
 * A platform that is killed while messages of a topic die: at the last attempt to deliver one, just after it was answered,
 * and among others that are under way. Each is among the dead letters in the end, once.
 */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, it } from 'node:test'
import type { Sdk } from '../clients.fixture.ts'
import { call } from '../conformance/queues/control-plane.fixture.ts'
import { mnsClient } from '../conformance/queues/queues.fixture.ts'
import { type Platform, startPlatform, until } from '../platform.fixture.ts'

const MESSAGES = 24
/** Of the retry strategy: the first and three more. */
const ATTEMPTS = 4
/** It is killed when so many messages had their last attempt, before or after that is answered. */
const KILLS = [
  { deaths: 1, when: 'before' },
  { deaths: 9, when: 'after' },
  { deaths: 17, when: 'before' },
]

let platform: Platform
const attempts = new Map<string, number>()
const deaths = () => [...attempts.values()].filter((count) => count >= ATTEMPTS).length
let killing: Promise<void> | undefined
const application = createServer((message, response) => {
  const id = String(message.headers['x-mns-message-id'])
  attempts.set(id, (attempts.get(id) ?? 0) + 1)
  const kill = KILLS[0]
  const isTime = kill !== undefined && deaths() >= kill.deaths
  if (isTime) KILLS.shift()
  if (isTime && kill.when === 'before') killing = platform.kill()
  response.writeHead(500).end(() => {
    if (isTime && kill.when === 'after') killing = platform.kill()
  })
})

before(async () => {
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
  platform = await startPlatform({ sandbox: 'process' })
})
after(async () => {
  application.close().closeAllConnections()
  await platform?.remove()
})

it('has every message that could not be delivered among the dead letters, once', async () => {
  const client = mnsClient(platform)
  await client.createQueue('dead', { VisibilityTimeout: 3600 })
  await client.createTopic('news')
  await call(platform, platform, 'Subscribe', {
    TopicName: 'news',
    SubscriptionName: 's',
    PushType: 'http',
    Endpoint: `http://127.0.0.1:${(application.address() as AddressInfo).port}/`,
    NotifyContentFormat: 'SIMPLIFIED',
    DlqPolicy: { Enabled: true, DeadLetterTargetQueue: 'dead' },
  })
  const published = Array.from({ length: MESSAGES }, (_, index) => `m${index}`)
  for (const MessageBody of published) await client.publishMessage('news', { MessageBody })

  const kills = KILLS.length
  for (let kill = 1; kill <= kills; kill++) {
    await until(() => killing !== undefined, { what: `kill ${kill}`, timeoutMs: 120_000 })
    await killing
    killing = undefined
    platform = await startPlatform({ sandbox: 'process', dataDir: platform.dataDir })
  }
  const again = mnsClient(platform)
  const found: string[] = []
  await until(
    async () => {
      const answer = await again.batchReceiveMessage('dead', 16, 1).catch((error: Error) => {
        assert.equal(error.name, 'MNSMessageNotExistError')
      })
      found.push(...(answer?.body ?? []).map(({ MessageBody }: Sdk) => MessageBody))
      return found.length >= MESSAGES
    },
    { what: 'every message to be dead', timeoutMs: 120_000 },
  )
  assert.deepEqual(found.sort(), published.sort())
  const { body } = await again.getQueueAttributes('dead')
  assert.deepEqual([body.ActiveMessages, body.InactiveMessages], ['0', String(MESSAGES)])
  for (const [id, count] of attempts) assert.ok(count >= ATTEMPTS, `${id} was tried ${count} times`)
})
