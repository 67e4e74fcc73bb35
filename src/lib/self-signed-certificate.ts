/**
 * An X.509 certificate (RFC 5280) for an RSA key that signs itself, for those who check what the key signed. Node.js reads
 * certificates but makes none; these are the few parts of DER that one needs.
 */
import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'

const tags = { integer: 0x02, bitString: 0x03, null: 0x05, oid: 0x06, utf8: 0x0c, sequence: 0x30, set: 0x31 }
const SHA256_WITH_RSA = '2a864886f70d01010b'
const COMMON_NAME = '550403'

export interface CertificateOptions {
  /** PEM, RSA. */
  privateKey: string
  commonName: string
  notBeforeMs: number
  notAfterMs: number
}

/** PEM. */
export function selfSignedCertificate({
  privateKey,
  commonName,
  notBeforeMs,
  notAfterMs,
}: CertificateOptions): string {
  const key = createPrivateKey(privateKey)
  const algorithm = der(tags.sequence, der(tags.oid, Buffer.from(SHA256_WITH_RSA, 'hex')), der(tags.null))
  const attribute = der(
    tags.sequence,
    der(tags.oid, Buffer.from(COMMON_NAME, 'hex')),
    der(tags.utf8, Buffer.from(commonName)),
  )
  const name = der(tags.sequence, der(tags.set, attribute))
  // Positive, and of full length whatever chance gives.
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x3f) | 0x40
  const toBeSigned = der(
    tags.sequence,
    der(tags.integer, serial),
    algorithm,
    name,
    der(tags.sequence, time(notBeforeMs), time(notAfterMs)),
    name,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
  )
  const certificate = der(
    tags.sequence,
    toBeSigned,
    algorithm,
    der(tags.bitString, Buffer.from([0]), sign('sha256', toBeSigned, key)),
  )
  const lines = certificate.toString('base64').match(/.{1,64}/g)!
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size: number[] = []
  for (let left = length; left > 0; left >>>= 8) size.unshift(left & 0xff)
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | size.length, ...size]
  return Buffer.concat([Buffer.from(head), content])
}

/** Times before 2050 have two digits for the year, those after have four. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  const isLate = digits >= '2050'
  return der(isLate ? 0x18 : 0x17, Buffer.from(isLate ? digits : digits.slice(2)))
}
