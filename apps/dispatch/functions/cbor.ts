/** Reads CBOR (RFC 8949) as the trigger of Table Store writes it: definite lengths, no tags. Throws for what ends too soon. */

export function decodeCbor(bytes: Uint8Array): unknown {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  return read()

  function read(): unknown {
    const first = take(1)[0]!
    if (first === 0xfb) return take(8).readDoubleBE()
    const argument = argumentOf(first & 31)
    switch (first >> 5) {
      case 0:
        return argument
      case 1:
        return -1 - argument
      case 2:
        return take(argument)
      case 3:
        return take(argument).toString('utf8')
      case 4:
        return Array.from({ length: argument }, read)
      case 5:
        return Object.fromEntries(Array.from({ length: argument }, () => [String(read()), read()]))
      default:
        return { 20: false, 21: true, 22: null }[argument]
    }
  }

  function argumentOf(short: number): number {
    if (short < 24) return short
    const argument = take(2 ** (short - 24))
    return argument.length === 8
      ? Number(argument.readBigUInt64BE())
      : argument.readUIntBE(0, argument.length)
  }

  function take(count: number): Buffer {
    if (at + count > source.length) throw new Error('the document ends too soon')
    at += count
    return source.subarray(at - count, at)
  }
}
