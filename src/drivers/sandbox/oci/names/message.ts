/** Questions and answers of DNS (RFC 1035), as much of them as one needs who answers of a few names and hands on the rest. */

const headBytes = 12
const nameBytesMax = 255
const labelBytesMax = 63
/** Of bytes 2 and 3 of a message, in one number. */
const flags = { response: 0x8000, opcode: 0x7800, recursionDesired: 0x0100, recursionAvailable: 0x0080 }

export const types = { a: 1, opt: 41 }
const classes = { internet: 1 }
export const codes = { noError: 0, formatError: 1, serverFailure: 2, notImplemented: 4, refused: 5 }

export interface Question {
  id: number
  /** In lower case, without the dot at the end. Dots and backslashes within a label have a backslash before them. */
  name: string
  type: number
  isInternet: boolean
  /** Whoever asks knows EDNS (RFC 6891), and expects that of the answer. */
  extended: boolean
  /** The message up to the end of the question: what an answer begins with. */
  head: Buffer
}

/** What a message of a client comes to. */
export type Asked =
  | { is: 'question'; question: Question }
  /** Answered with a code; `head` is as much of the message as can be given back. */
  | { is: 'flawed'; code: number; head: Buffer }
  /** Too short to be answered, or an answer itself: whoever answers those may do so for ever. */
  | { is: 'nothing' }

export function readQuestion(message: Buffer): Asked {
  if (message.length < headBytes || message.readUInt16BE(2) & flags.response) return { is: 'nothing' }
  const flawed = (code: number): Asked => ({ is: 'flawed', code, head: message.subarray(0, headBytes) })
  if (message.readUInt16BE(2) & flags.opcode) return flawed(codes.notImplemented)
  const place = message.readUInt16BE(4) === 1 ? readName(message, headBytes) : undefined
  if (!place || place.end + 4 > message.length) return flawed(codes.formatError)
  const { name, end } = place
  const afterQuestion = end + 4
  return {
    is: 'question',
    question: {
      id: message.readUInt16BE(0),
      name,
      type: message.readUInt16BE(end),
      isInternet: message.readUInt16BE(end + 2) === classes.internet,
      // The root's name, then the type: clients send nothing before it.
      extended:
        message.length >= afterQuestion + 3 &&
        message[afterQuestion] === 0 &&
        message.readUInt16BE(afterQuestion + 1) === types.opt,
      head: message.subarray(0, afterQuestion),
    },
  }
}

/** Undefined: it does not end in the message, is too long, or is abbreviated, for which a question has no reason. */
function readName(message: Buffer, start: number): { name: string; end: number } | undefined {
  const labels: string[] = []
  let at = start
  for (;;) {
    const length = message[at]
    if (length === undefined || length > labelBytesMax || at + 1 + length > message.length) return undefined
    if (at + 1 + length - start > nameBytesMax) return undefined
    if (length === 0) return { name: labels.join('.'), end: at + 1 }
    const label = message.toString('latin1', at + 1, at + 1 + length)
    labels.push(label.toLowerCase().replace(/[.\\]/g, '\\$&'))
    at += 1 + length
  }
}

/** An answer without any record. */
export function refusal(head: Buffer, code: number, questions: 0 | 1 = 0): Buffer {
  const message = Buffer.from(head)
  const kept = message.readUInt16BE(2) & (flags.opcode | flags.recursionDesired)
  message.writeUInt16BE(flags.response | kept | flags.recursionAvailable | code, 2)
  message.writeUInt16BE(questions, 4)
  message.fill(0, 6, headBytes)
  return message
}

/** The address, when it was asked for; there is nothing of any other type at the name. `ttlS` in seconds. */
export function addressAnswer(question: Question, address: string, ttlS: number): Buffer {
  const message = refusal(question.head, codes.noError, 1)
  const parts = [message]
  if (question.type === types.a && question.isInternet) {
    message.writeUInt16BE(1, 6)
    const record = Buffer.alloc(16)
    record.writeUInt16BE(0xc000 | headBytes, 0) // the name is that of the question
    record.writeUInt16BE(types.a, 2)
    record.writeUInt16BE(classes.internet, 4)
    record.writeUInt32BE(ttlS, 6)
    record.writeUInt16BE(4, 10)
    record.set(address.split('.').map(Number), 12)
    parts.push(record)
  }
  if (question.extended) {
    message.writeUInt16BE(1, 10)
    // The root's name, the type, how long a datagram may be (what passes everywhere), and nothing else.
    const extension = Buffer.alloc(11)
    extension.writeUInt16BE(types.opt, 1)
    extension.writeUInt16BE(1232, 3)
    parts.push(extension)
  }
  return Buffer.concat(parts)
}

/** The same message under another number. */
export function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message)
  copy.writeUInt16BE(id, 0)
  return copy
}

/** Is it the answer to what was asked under this number? Names may come back in other case. */
export function answers(
  message: Buffer,
  { id, name, type }: Pick<Question, 'id' | 'name' | 'type'>,
): boolean {
  if (message.length < headBytes || !(message.readUInt16BE(2) & flags.response)) return false
  if (message.readUInt16BE(0) !== id) return false
  // Some leave the question out when they refuse.
  if (message.readUInt16BE(4) === 0) return true
  const place = readName(message, headBytes)
  return (
    place !== undefined &&
    place.name === name &&
    place.end + 2 <= message.length &&
    message.readUInt16BE(place.end) === type
  )
}
