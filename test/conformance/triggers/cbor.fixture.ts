/** Reads CBOR as a function in the cloud would, with no help of ours. */
export type Cbor = null | boolean | number | bigint | string | Buffer | Cbor[] | { [key: string]: Cbor }

export function decodeCbor(bytes: Buffer): Cbor {
  let at = 0
  const value = read()
  if (at !== bytes.length) throw new Error('something is behind the value')
  return value

  function read(): Cbor {
    const first = bytes[at++]!
    const major = first >> 5
    if (first === 0xfb) {
      at += 8
      return bytes.readDoubleBE(at - 8)
    }
    const argument = argumentOf(first & 31)
    const count = Number(argument)
    switch (major) {
      case 0:
        return argument
      case 1:
        return -1n - argument
      case 2:
      case 3: {
        const content = bytes.subarray(at, at + count)
        at += count
        return major === 2 ? Buffer.from(content) : content.toString()
      }
      case 4:
        return Array.from({ length: count }, read)
      case 5:
        return Object.fromEntries(Array.from({ length: count }, () => [read() as string, read()]))
      case 7:
        if (count === 20 || count === 21) return count === 21
        if (count === 22) return null
        throw new Error(`a simple value ${count}`)
      default:
        throw new Error(`major type ${major}`)
    }
  }

  function argumentOf(short: number): bigint {
    if (short < 24) return BigInt(short)
    const size = 2 ** (short - 24)
    const hex = bytes.subarray(at, at + size).toString('hex')
    at += size
    return BigInt(`0x${hex}`)
  }
}
