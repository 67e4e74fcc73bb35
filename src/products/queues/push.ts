/** Pushes messages to HTTP endpoints, signed as the vendor signs them. */
import { type AgentOptions, type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import { isWithin, lookupWithin, NotPublicAddress, type Reach } from '../../wire/reach.ts'
import { API_VERSION } from './authentication.ts'
import { bodyMd5 } from './message.ts'
import { type Notification, renderNotification } from './notification.ts'
import { CERTIFICATE_PATH, type SigningKey } from './signing-key.ts'
import type { ContentFormat } from './topic.ts'

/** From the first byte that is sent to the end of the answer; the vendor's number. */
const PUSH_MS_MAX = 5000
/** Connections to all endpoints of one reach together. */
const SOCKETS_MAX = 128
/** The answer's body is read to keep the connection, but no more of it than this. */
const ANSWER_BYTES_MAX = 64 * 1024

export interface Push {
  url: URL
  /** Of who made the subscription. */
  reach: Reach
  format: ContentFormat
  notification: Notification
  signal: AbortSignal
}

export interface Pusher {
  /** Resolves when the endpoint answered 2xx; fails with the reason otherwise. Follows no redirects. */
  push(push: Push): Promise<void>
  close(): void
}

export interface PusherOptions {
  signingKey: SigningKey
  clock: Clock
  ids: IdSource
  /** `http://host:port` by which subscribers reach us: the certificate is there. */
  origin(): string
  /** Finds the addresses of a name. Default: as the machine does. */
  resolve?: LookupFunction
}

/** With connections that are kept, and used again for others of the same reach only. */
function agentsOf(more: Pick<AgentOptions, 'lookup'>) {
  const options = {
    keepAlive: true,
    maxTotalSockets: SOCKETS_MAX,
    maxFreeSockets: 32,
    timeout: 30_000,
    ...more,
  }
  return { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) }
}

export function pusher({ signingKey, clock, ids, origin, resolve }: PusherOptions): Pusher {
  const agents = {
    anywhere: agentsOf(lookupWithin('anywhere', resolve)),
    public: agentsOf(lookupWithin('public', resolve)),
  }

  async function headersFor({ url, format, notification }: Push): Promise<[Record<string, string>, string]> {
    const { contentType, body } = renderNotification(notification, format)
    const date = new Date(clock.now()).toUTCString()
    const md5 = bodyMd5(body)
    const ours: Record<string, string> = {
      'x-mns-message-id': notification.messageId,
      ...(notification.tag === undefined ? {} : { 'x-mns-message-tag': latin1(notification.tag) }),
      'x-mns-publish-time': String(notification.publishedMs),
      'x-mns-request-id': ids.uuid().replaceAll('-', '').slice(0, 24).toUpperCase(),
      'x-mns-signing-cert-url': Buffer.from(`${origin()}${CERTIFICATE_PATH}`).toString('base64'),
      'x-mns-subscriber': notification.subscriber,
      'x-mns-subscription-name': notification.subscriptionName,
      'x-mns-topic-name': notification.topicName,
      'x-mns-topic-owner': notification.topicOwner,
      'x-mns-version': API_VERSION,
    }
    const lines = Object.keys(ours)
      .sort()
      .map((name) => `${name}:${ours[name]}`)
      .join('\n')
    const signature = await signingKey.sign(
      `POST\n${md5}\n${contentType}\n${date}\n${lines}\n${url.pathname}${url.search}`,
    )
    const headers = {
      ...ours,
      'user-agent': 'Aliyun Notification Service Agent',
      accept: '*/*',
      date,
      'content-type': contentType,
      'content-md5': md5,
      'content-length': String(Buffer.byteLength(body)),
      authorization: signature,
    }
    return [headers, body]
  }

  return {
    async push(push) {
      const { url, reach, signal } = push
      if (!isWithin(reach, url)) throw new NotPublicAddress(url.hostname)
      const [headers, body] = await headersFor(push)
      const protocol = url.protocol as keyof (typeof agents)[Reach]
      const request = (protocol === 'https:' ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        headers,
        agent: agents[reach][protocol],
        signal,
      })
      const cancel = clock.after(PUSH_MS_MAX, () =>
        request.destroy(new Error(`no answer within ${PUSH_MS_MAX} ms`)),
      )
      try {
        await answered(request, body)
      } finally {
        cancel()
      }
    },
    close() {
      for (const each of Object.values(agents)) for (const agent of Object.values(each)) agent.destroy()
    },
  }
}

function answered(request: ClientRequest, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request.once('error', reject)
    request.once('response', (response) => {
      const { statusCode = 0 } = response
      let leftBytes = ANSWER_BYTES_MAX
      response.on('data', (chunk: Buffer) => {
        leftBytes -= chunk.length
        // What it says was decided by its status; the connection is not worth reading on.
        if (leftBytes < 0) response.destroy()
      })
      response.once('error', reject)
      response.once('close', () =>
        statusCode >= 200 && statusCode < 300
          ? resolve()
          : reject(new Error(`the endpoint answered ${statusCode}`)),
      )
    })
    request.end(body)
  })
}

/** Headers are sent one byte a character. */
const latin1 = (text: string): string => Buffer.from(text).toString('latin1')
