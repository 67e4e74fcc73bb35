import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { Clock } from '../../../../lib/clock.ts'
import { answers, type Question, withId } from './message.ts'
import { framed, messagesOf } from './stream.ts'

/** An IPv4 name server. */
export interface Upstream {
  address: string
  port: number
}

export interface Asking {
  message: Buffer
  question: Question
  /** Address of the instance that asks. */
  from: string
  by: 'datagram' | 'stream'
}

export interface NameForwarder {
  /** What one of the servers answers, under the number of the question; undefined when none does, or too much is asked. */
  forward(asking: Asking): Promise<Buffer | undefined>
  close(): void
}

/** Each is a socket of ours. Programs that get no answer ask again. */
const openMax = 512
/** Of one instance: a page with many hosts asks for dozens at once. */
const openMaxOfOne = 64
/** Programs wait five seconds by default: the second server still gets its turn. */
const patienceMs = 2000
/** As long as a message can be. */
const answerBytesMax = 0xffff

export function nameForwarder({
  others,
  clock,
}: {
  others: readonly Upstream[]
  clock: Clock
}): NameForwarder {
  const open = new Map<string, number>()
  let openOfAll = 0
  const closed = new AbortController()

  return {
    async forward({ message, question, from, by }) {
      const openOfOne = open.get(from) ?? 0
      if (openOfAll >= openMax || openOfOne >= openMaxOfOne) return undefined
      openOfAll++
      open.set(from, openOfOne + 1)
      try {
        for (const server of others) {
          const asked = { ...question, id: randomInt(0x1_0000) }
          const exchange = by === 'datagram' ? byDatagram : byStream
          const answer = await patiently(clock, closed.signal, (settle) =>
            exchange(
              server,
              withId(message, asked.id),
              (received) => {
                if (answers(received, asked)) settle(withId(received, question.id))
              },
              () => settle(undefined),
            ),
          )
          if (answer || closed.signal.aborted) return answer
        }
        return undefined
      } finally {
        openOfAll--
        const left = open.get(from)! - 1
        if (left === 0) open.delete(from)
        else open.set(from, left)
      }
    },
    close: () => closed.abort(),
  }
}

/** Begins an exchange, and ends it with what settles it first: itself, time, or the end of all. */
function patiently(
  clock: Clock,
  closed: AbortSignal,
  begin: (settle: (answer: Buffer | undefined) => void) => () => void,
): Promise<Buffer | undefined> {
  if (closed.aborted) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    let settled = false
    const settle = (answer: Buffer | undefined): void => {
      if (settled) return
      settled = true
      cancel()
      closed.removeEventListener('abort', giveUp)
      end()
      resolve(answer)
    }
    const giveUp = (): void => settle(undefined)
    const cancel = clock.after(patienceMs, giveUp)
    closed.addEventListener('abort', giveUp)
    const end = begin(settle)
  })
}

type Exchange = (
  server: Upstream,
  message: Buffer,
  received: (message: Buffer) => void,
  /** There is going to be no answer: nobody listens there. */
  failed: () => void,
) => () => void

/** A socket of its own, from a port that chance gives: what others send to it, or to another port, is no answer. */
const byDatagram: Exchange = (server, message, received, failed) => {
  const socket = createSocket('udp4')
  socket.on('message', received)
  socket.on('error', failed)
  socket.once('connect', () => socket.send(message))
  socket.connect(server.port, server.address)
  return () => socket.close()
}

const byStream: Exchange = (server, message, received, failed) => {
  const messages = messagesOf(answerBytesMax)
  const socket = connect({ host: server.address, port: server.port })
  socket.on('data', (chunk: Buffer) => messages(chunk).forEach(received))
  socket.on('error', failed)
  socket.on('close', failed)
  socket.write(framed(message))
  return () => void socket.destroy()
}
