// Reads CBOR (RFC 8949) as the trigger writes it. The package `cbor` does the same.
exports.decode = (bytes) => {
  let at = 0
  return read()

  function read() {
    const first = bytes[at++]
    const major = first >> 5
    if (first === 0xfb) return bytes.readDoubleBE((at += 8) - 8)
    const argument = argumentOf(first & 31)
    switch (major) {
      case 0:
        return argument
      case 1:
        return -1 - argument
      case 2:
        return bytes.subarray(at, (at += argument))
      case 3:
        return bytes.toString('utf8', at, (at += argument))
      case 4:
        return Array.from({ length: argument }, read)
      case 5:
        return Object.fromEntries(Array.from({ length: argument }, () => [read(), read()]))
      default:
        return { 20: false, 21: true, 22: null }[argument]
    }
  }

  function argumentOf(short) {
    if (short < 24) return short
    const size = 2 ** (short - 24)
    const value = size === 8 ? Number(bytes.readBigUInt64BE(at)) : bytes.readUIntBE(at, size)
    at += size
    return value
  }
}
