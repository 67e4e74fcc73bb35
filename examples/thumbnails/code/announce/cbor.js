// Reads CBOR (RFC 8949) as the trigger writes it. The package `cbor` does the same.
exports.decode = (bytes) => {
  let at = 0
  return read()

  function read() {
    const first = bytes[at++]
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
        return take(argument).toString()
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
    const bytes = take(2 ** (short - 24))
    return bytes.length === 8 ? Number(bytes.readBigUInt64BE()) : bytes.readUIntBE(0, bytes.length)
  }

  function take(count) {
    at += count
    return bytes.subarray(at - count, at)
  }
}
