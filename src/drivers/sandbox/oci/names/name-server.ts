/**
 * The name server of instances, at their gateway: names of the platform are answered with that address, whatever the
 * machine's own servers would say; all other names are asked of those, for instances that may reach the internet.
 */
import { createSocket } from 'node:dgram'
import { createServer, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { Clock } from '../../../../lib/clock.ts'
import type { Logger } from '../../../../lib/logger.ts'
import { type Asking, nameForwarder, type Upstream } from './forwarder.ts'
import { addressAnswer, codes, readQuestion, refusal } from './message.ts'
import { framed, messagesOf } from './stream.ts'

/** What somebody who asks is told: nothing at all, where the platform is, or that and all that the machine can find out. */
export type Told = 'nothing' | 'platform' | 'everything'

export interface NameServerSettings {
  address: string
  /** 0: any. */
  port: number
  /** In the order in which they are asked. */
  others: readonly Upstream[]
  toldTo(address: string): Told
  clock: Clock
  log: Logger
}

export interface NameServer {
  readonly port: number
  /** From now on these names, in lower case and without a dot at the end, are the platform's. There are none before. */
  answer(isPlatform: (name: string) => boolean): void
  close(): Promise<void>
}

/** How long programs may remember where the platform is, in seconds: it does not move while they live. */
const ttlS = 60
/** Questions are a name and a few numbers. */
const questionBytesMax = 4096
/** Streams are for answers that do not fit into a datagram. One more is closed at once. */
const streamsMax = 256
const streamsMaxOfOne = 16
const streamIdleMs = 10_000

/** Rejects when the address and port cannot be listened on. */
export async function openNameServer(settings: NameServerSettings): Promise<NameServer> {
  const { address, others, toldTo, clock, log } = settings
  const forwarder = nameForwarder({ others, clock })
  let isPlatform: (name: string) => boolean = () => false

  /** Undefined: not a word. */
  async function answerTo({ message, from, by }: Omit<Asking, 'question'>): Promise<Buffer | undefined> {
    const told = toldTo(from)
    const asked = readQuestion(message)
    if (told === 'nothing' || asked.is === 'nothing') return undefined
    if (asked.is === 'flawed') return refusal(asked.head, asked.code)
    const { question } = asked
    if (isPlatform(question.name)) return addressAnswer(question, address, ttlS)
    if (told === 'platform' || others.length === 0) return refusal(question.head, codes.refused, 1)
    const answer = await forwarder.forward({ message, question, from, by })
    return answer ?? refusal(question.head, codes.serverFailure, 1)
  }

  const streams = new Map<Socket, string>()
  // Who has asked all it wants to may close its half before we have answered.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const from = socket.remoteAddress ?? ''
    const ofOne = [...streams.values()].filter((other) => other === from).length
    if (toldTo(from) === 'nothing' || ofOne >= streamsMaxOfOne) {
      socket.destroy()
      return
    }
    streams.set(socket, from)
    socket.once('close', () => streams.delete(socket))
    socket.setTimeout(streamIdleMs, () => socket.destroy())
    const messages = messagesOf(questionBytesMax)
    pipeline(
      socket,
      // Read no faster than answered.
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          for (const message of messages(chunk)) {
            const answer = await answerTo({ message, from, by: 'stream' })
            if (!answer) return
            yield framed(answer)
          }
        }
      },
      socket,
    ).catch((err: unknown) => log.debug({ err, from }, 'a stream of questions for names was cut off'))
  })
  server.maxConnections = streamsMax
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: address, port: settings.port }, () => {
      server.off('error', reject)
      server.on('error', (err) => log.warn({ err }, 'a question for a name was not accepted'))
      resolve()
    })
  })
  const { port } = server.address() as { port: number }

  const datagrams = createSocket('udp4')
  datagrams.on('message', (message, { address: from, port: fromPort }) => {
    answerTo({ message, from, by: 'datagram' }).then(
      (answer) => {
        // Nobody has to hear it: datagrams get lost, and who is gone does not miss it.
        if (answer && !closed) datagrams.send(answer, fromPort, from, () => {})
      },
      (err: unknown) => log.error({ err }, 'a question for a name failed by a defect of ours'),
    )
  })
  let closed = false
  try {
    await new Promise<void>((resolve, reject) => {
      datagrams.once('error', reject)
      datagrams.bind({ address, port }, () => {
        datagrams.off('error', reject)
        datagrams.on('error', (err) => log.warn({ err }, 'a question for a name was not received'))
        resolve()
      })
    })
  } catch (error) {
    server.close()
    throw error
  }

  return {
    port,
    answer(names) {
      isPlatform = names
    },
    async close() {
      closed = true
      forwarder.close()
      const ended = [
        new Promise<void>((resolve) => server.close(() => resolve())),
        new Promise<void>((resolve) => datagrams.close(() => resolve())),
      ]
      for (const socket of streams.keys()) socket.destroy()
      await Promise.all(ended)
    },
  }
}
