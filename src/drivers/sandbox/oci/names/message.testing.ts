/** A question of DNS, as clients send it. */
export function ask(
  name: string,
  { id = 1, type = 1, extended = false }: { id?: number; type?: number; extended?: boolean } = {},
): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(id, 0)
  head.writeUInt16BE(0x0100, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(extended ? 1 : 0, 10)
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label, 'latin1')]))
  const rest = Buffer.from([0, type >> 8, type & 255, 0, 1])
  const extension = Buffer.from(extended ? '0000291000000000000000' : '', 'hex')
  return Buffer.concat([head, ...labels, rest, extension])
}
