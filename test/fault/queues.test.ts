/**
 * A platform that is killed while messages are sent, received, deleted and published: whatever was acknowledged holds. No
 * message that was sent is missing, none that was deleted comes back, and each that was published is in the queue once.
 */
import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import type { Sdk } from '../clients.fixture.ts'
import { ask, mnsClient } from '../conformance/queues/queues.fixture.ts'
import { type Platform, startPlatform, until } from '../platform.fixture.ts'

const ROUNDS = 3
const SENDERS = 4

let platform: Platform
before(async () => {
  platform = await startPlatform({ sandbox: 'process' })
  const client = mnsClient(platform)
  await client.createQueue('work', { VisibilityTimeout: 2 })
  await client.createQueue('inbox', { VisibilityTimeout: 60 })
  await client.createTopic('news')
  const endpoint = `acs:mns:${platform.region}:${platform.accountId}:queues/inbox`
  const body = `<Subscription><Endpoint>${endpoint}</Endpoint><NotifyContentFormat>SIMPLIFIED</NotifyContentFormat></Subscription>`
  assert.equal(
    (await ask(platform, { method: 'PUT', target: '/topics/news/subscriptions/s', body })).status,
    201,
  )
})
after(() => platform?.remove())

/** Every message of a queue, deleted as it is received, until the queue says that it has none. */
async function drain(client: Sdk, queue: string): Promise<string[]> {
  const bodies: string[] = []
  for (;;) {
    const answer = await client.batchReceiveMessage(queue, 16, 3).catch((error: Error) => {
      assert.equal(error.name, 'MNSMessageNotExistError')
    })
    if (!answer) break
    bodies.push(...answer.body.map(({ MessageBody }: Sdk) => MessageBody))
    const deleted = await client.batchDeleteMessage(
      queue,
      answer.body.map(({ ReceiptHandle }: Sdk) => ReceiptHandle),
    )
    assert.equal(deleted.code, 204)
  }
  const { body } = await client.getQueueAttributes(queue)
  assert.deepEqual([body.ActiveMessages, body.InactiveMessages, body.DelayMessages], ['0', '0', '0'])
  return bodies
}

for (let round = 1; round <= ROUNDS; round++) {
  it(`keeps its word over a kill (${round} of ${ROUNDS})`, async () => {
    const client = mnsClient(platform)
    const tried = new Set<string>()
    const sent = new Set<string>()
    const published = new Set<string>()
    const deleting = new Set<string>()
    const deleted = new Set<string>()
    let isOver = false
    // What fails after the kill was not acknowledged.
    const go = async (act: (index: number) => Promise<void>): Promise<void> => {
      for (let index = 0; !isOver; index++) await act(index).catch(() => {})
    }
    const senders = Array.from({ length: SENDERS }, (_, sender) =>
      go(async (index) => {
        const body = `${round}-${sender}-${index}`
        tried.add(body)
        await client.sendMessage('work', { MessageBody: body, DelaySeconds: index % 5 === 0 ? 1 : 0 })
        sent.add(body)
      }),
    )
    const receiver = go(async () => {
      const { body } = await client.receiveMessage('work', 1)
      deleting.add(body.MessageBody)
      await client.deleteMessage('work', body.ReceiptHandle)
      deleted.add(body.MessageBody)
    })
    const publisher = go(async (index) => {
      const body = `${round}-news-${index}`
      await client.publishMessage('news', { MessageBody: body })
      published.add(body)
    })
    await until(() => sent.size > 20 * round && deleted.size > 5 && published.size > 5, {
      what: 'some of everything to be acknowledged',
      timeoutMs: 60_000,
    })
    await platform.kill()
    isOver = true
    await Promise.all([...senders, receiver, publisher])

    platform = await startPlatform({ sandbox: 'process', dataDir: platform.dataDir })
    const again = mnsClient(platform)
    const found = await drain(again, 'work')
    assert.equal(new Set(found).size, found.length, 'a message is there twice')
    for (const body of found)
      assert.ok(tried.has(body) && !deleted.has(body), `${body} was deleted or never sent`)
    const missing = [...sent].filter((body) => !found.includes(body) && !deleting.has(body))
    assert.deepEqual(missing, [])

    const arrived = await drain(again, 'inbox')
    assert.equal(new Set(arrived).size, arrived.length, 'a published message is there twice')
    assert.deepEqual(
      [...published].filter((body) => !arrived.includes(body)),
      [],
    )
  })
}
