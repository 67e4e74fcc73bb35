/** Messages of DNS over a stream: each has its length before it, in two bytes. */

export const framed = (message: Buffer): Buffer => {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

/** Takes what arrives and answers the messages that are whole. Throws when one is longer than `bytesMax`. */
export function messagesOf(bytesMax: number): (chunk: Buffer) => Buffer[] {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    const whole: Buffer[] = []
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 2) {
      const length = rest.readUInt16BE(0)
      if (length > bytesMax) throw new Error(`a message of ${length} bytes is too long`)
      if (rest.length < 2 + length) break
      whole.push(rest.subarray(2, 2 + length))
      rest = rest.subarray(2 + length)
    }
    return whole
  }
}
