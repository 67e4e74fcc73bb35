/** Topics as a running server, and a subscriber that keeps what it is sent. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { text } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import { randomIds } from '../../lib/ids.ts'
import type { Logger } from '../../lib/logger.ts'
import { mnsV2Signature } from '../../lib/signing/mns.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { AccessControl } from '../../wire/access.ts'
import { serverOptions } from '../../wire/http-server.ts'
import { requestHandler } from '../../wire/product-server.ts'
import { reachUnder } from '../../wire/reach.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'
import { deliveries as openDeliveries } from './deliveries.ts'
import { janitor as openJanitor } from './janitor.ts'
import type { TopicListeners } from './needs.ts'
import { pusher as openPusher } from './push.ts'
import { queuesProduct } from './queues-product.ts'
import { signingKey as openSigningKey } from './signing-key.ts'
import { changeSubscription, type SubscriptionChange } from './subscriptions.ts'
import { NOW_MS, queuesOn } from './testbed.fixture.ts'

const ACCOUNT_ID = '1234567890123456'
const REGION = 'cn-hangzhou'

export async function runningTopics({
  records = memoryRecordStore(),
  clock = new ManualClock(NOW_MS),
  access = { mayDo: () => false },
  resolve,
  listeners = { announce: async () => undefined },
}: {
  records?: RecordStore
  clock?: ManualClock
  /** What others than the account may do. */
  access?: Pick<AccessControl, 'mayDo'>
  /** Default: as the machine does. */
  resolve?: LookupFunction
  listeners?: TopicListeners
} = {}) {
  let caller: Principal = { is: 'account' }
  const warned: string[] = []
  const log: Logger = {
    debug() {},
    info() {},
    warn: (_, sentence) => void warned.push(sentence),
    error: (facts, sentence) => void warned.push(`${sentence} ${JSON.stringify(facts)}`),
    child: () => log,
  }
  const { queues, newMessageId } = queuesOn({ records, clock })
  const signingKey = openSigningKey({ records, clock })
  const janitor = openJanitor({ records, log })
  let origin = ''
  const pusher = openPusher({
    signingKey,
    clock,
    ids: randomIds,
    origin: () => origin,
    ...(resolve && { resolve }),
  })
  const shared = {
    records,
    queues,
    clock,
    log,
    accountId: ACCOUNT_ID,
    region: REGION,
    reachOf: reachUnder('keys'),
  }
  const deliveries = openDeliveries({ ...shared, pusher, random: () => 0 })
  const product = queuesProduct({
    ...shared,
    deliveries,
    janitor,
    signingKey,
    listeners,
    newMessageId,
    ids: randomIds,
    lookup: {
      accountId: ACCOUNT_ID,
      secretOf: () => ({
        is: 'known',
        accountId: ACCOUNT_ID,
        accessKeySecret: 'secret',
        allows: { to: 'everything' },
        principal: caller,
      }),
    },
    access,
    admits: () => true,
  })
  const server = createServer(serverOptions, requestHandler(product, log))
  origin = await listening(server)
  await deliveries.start()

  async function ask(method: string, target: string, body = ''): Promise<{ status: number; body: string }> {
    const headers = { date: new Date(clock.now()).toUTCString(), 'x-mns-version': '2015-06-06' }
    const [rawPath = '', rawQuery = ''] = target.split('?')
    const authorization = `MNS key:${mnsV2Signature({ method, rawPath, rawQuery, headers }, 'secret')}`
    const answer = await fetch(origin + target, {
      method,
      headers: { ...headers, authorization },
      ...(body === '' ? {} : { body: Buffer.from(body) }),
    })
    return { status: answer.status, body: await answer.text() }
  }

  return {
    records,
    clock,
    queues,
    warned,
    origin,
    ask,
    /** Who signs from now on. */
    callAs(principal: Principal) {
      caller = principal
    },
    subscribe: (name: string, endpoint: string, more = '') =>
      ask(
        'PUT',
        `/topics/t/subscriptions/${name}`,
        `<Subscription><Endpoint>${endpoint}</Endpoint>${more}</Subscription>`,
      ),
    publish: (body: string, tag = '') =>
      ask(
        'POST',
        '/topics/t/messages',
        `<Message><MessageBody>${body}</MessageBody>${tag && `<MessageTag>${tag}</MessageTag>`}</Message>`,
      ),
    /** As the control plane does. */
    change: (name: string, change: SubscriptionChange) =>
      changeSubscription({ topic: 't', name }, change, {
        ...shared,
        ids: randomIds,
        access,
        principal: caller,
        conditions: () => ({}),
      }),
    queueEndpoint: (name: string) => `acs:mns:${REGION}:${ACCOUNT_ID}:queues/${name}`,
    /** Deliveries that wait. */
    waiting: async () => (await records.list({ prefix: 'queues/due/', limit: 1000 })).length,
    async stop() {
      await deliveries.close()
      await janitor.close()
      pusher.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export interface Pushed {
  target: string
  headers: IncomingMessage['headers']
  body: string
}

export async function subscriber() {
  const pushed: Pushed[] = []
  const answers: number[] = []
  let isHanging = false
  let location: string | undefined
  const server = createServer(async (message, response) => {
    pushed.push({ target: message.url!, headers: message.headers, body: await text(message) })
    if (location) response.writeHead(302, { location }).end()
    else if (!isHanging) response.writeHead(answers.shift() ?? 204).end()
  })
  const origin = await listening(server)
  return {
    pushed,
    origin,
    /** What it answers next; then 204 again. */
    answerWith: (...statuses: number[]) => answers.push(...statuses),
    redirectTo: (elsewhere: string) => {
      location = elsewhere
    },
    hang: (hanging: boolean) => {
      isHanging = hanging
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Turns of the event loop until something is so. Time that a clock tells does not go on meanwhile. */
export async function eventually(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  for (let index = 0; index < 200_000; index++) {
    if (await check()) return
    await turn()
  }
  throw new Error(`waited in vain for: ${what}`)
}
