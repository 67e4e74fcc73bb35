import { createServer, type RequestListener } from 'node:http'
import { AccessPoint } from '../products/queues/access-point.ts'
import { controlPlane, isControlPlane } from '../products/queues/control-plane/product.ts'
import { deliveries as openDeliveries } from '../products/queues/deliveries.ts'
import type { EventRules } from '../products/queues/event-rule.ts'
import { janitor as openJanitor } from '../products/queues/janitor.ts'
import { LiveQueues } from '../products/queues/live-queues.ts'
import { messageIds } from '../products/queues/message.ts'
import { type OutcomeMessages, outcomeMessages } from '../products/queues/outcomes.ts'
import { pusher as openPusher } from '../products/queues/push.ts'
import { queuesProduct } from '../products/queues/queues-product.ts'
import { removeExpired } from '../products/queues/remove-expired.ts'
import { signingKey as openSigningKey } from '../products/queues/signing-key.ts'
import { withFastPath } from '../wire/fast-path/fast-path.ts'
import { serverOptions } from '../wire/http-server.ts'
import { productServer } from '../wire/product-server.ts'
import { reachUnder } from '../wire/reach.ts'
import { rpcHandler } from '../wire/rpc/rpc-server.ts'
import type { EventTriggersPart } from './event-triggers.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'

export interface QueuesPart extends Part {
  outcomeMessages: OutcomeMessages
  /** Before anybody is listened to. */
  load(): Promise<void>
}

export function assembleQueues(
  foundation: Foundation,
  {
    topicListeners: listeners,
    eventRules,
  }: Pick<EventTriggersPart, 'topicListeners'> & { eventRules: EventRules },
): QueuesPart {
  const { config, stores, clock, ids, region, accountId, identity, trail, endpoints, log, closing } =
    foundation
  const { records } = stores
  const reachOf = reachUnder(config.HANSHU_PRIVATE_TARGETS)
  const newMessageId = messageIds(() => clock.now(), ids.uuid)
  const queues = new LiveQueues({ records, clock, ids, newMessageId })
  const signingKey = openSigningKey({ records, clock })
  const janitor = openJanitor({ records, log })
  const pusher = openPusher({ signingKey, clock, ids, origin: () => endpoints['mns'] ?? '' })
  const deliveries = openDeliveries({
    records,
    queues,
    pusher,
    clock,
    log,
    random: Math.random,
    accountId,
    region,
    reachOf,
  })
  closing.push(async () => {
    await deliveries.close()
    await janitor.close()
    pusher.close()
  })
  const accessPoint = new AccessPoint({ records, clock })
  const product = {
    records,
    queues,
    deliveries,
    janitor,
    signingKey,
    listeners,
    newMessageId,
    clock,
    ids,
    lookup: identity,
    access: identity,
    region,
    reachOf,
  }
  const control = controlPlane({
    records,
    queues,
    eventRules,
    accessPoint,
    janitor,
    lookup: identity,
    access: identity,
    region,
    reachOf,
    clock,
    ids,
  })
  const handleControl = rpcHandler(control, log, trail.observe)
  /** For those who are admitted: by their addresses, or all. */
  function serverFor(admits: (address: string | undefined) => boolean) {
    const { handle: handleMessages, take } = productServer(
      queuesProduct({ ...product, admits }),
      log,
      trail.observe,
    )
    const handle: RequestListener = (request, response) =>
      void (isControlPlane(request) ? handleControl : handleMessages)(request, response)
    return { handle, take }
  }
  const { handle, take } = serverFor((address) => accessPoint.admits(address))
  return {
    outcomeMessages: outcomeMessages({ records, queues, deliveries, clock, newMessageId, listeners }),
    // From within a sandbox, as from within a VPC.
    cloud: { name: 'mns', handle: serverFor(() => true).handle },
    listeners: [
      {
        name: 'mns',
        port: config.HANSHU_MNS_PORT,
        make: () => withFastPath(createServer(serverOptions, handle), take, log),
      },
    ],
    load: () => accessPoint.load(),
    async start() {
      await deliveries.start()
      janitor.removeSoon()
    },
    async sweep() {
      await janitor.removeAll()
      await removeExpired({ records, queues })
    },
  }
}
