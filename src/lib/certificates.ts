/**
 * X.509 certificates (RFC 5280), made. Node.js reads them but makes none. Extensions are those that strict verifiers ask
 * for, as Python 3.13 does by default.
 */
import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto'
import { bits, integer, nothing, octets, oid, sequence, set, tagged, text, time, yes } from './der.ts'

const oids = {
  sha256WithRsa: '2a864886f70d01010b',
  sha256WithEcdsa: '2a8648ce3d040302',
  commonName: '550403',
  subjectKeyIdentifier: '551d0e',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  nameConstraints: '551d1e',
  authorityKeyIdentifier: '551d23',
  extendedKeyUsage: '551d25',
  serverAuthentication: '2b06010505070301',
}

interface Validity {
  notBeforeMs: number
  notAfterMs: number
}

/** A name and its private key, RSA or of an elliptic curve. */
export interface Issuer {
  commonName: string
  key: KeyObject
}

export interface AuthorityOptions extends Issuer, Validity {
  /** The only domain, with all below it, that it can vouch for. */
  onlyDomain: string
}

export interface ServerCertificateOptions extends Validity {
  issuer: Issuer
  /** Of the server; its private half stays where it is. */
  publicKey: KeyObject
  /** A first label of `*` stands for any one. */
  hosts: readonly [string, ...string[]]
}

/** Of an authority: it signs certificates of servers in one domain, and of no other authority. PEM. */
export function authorityCertificate({ onlyDomain, ...authority }: AuthorityOptions): string {
  const publicKey = createPublicKey(authority.key)
  return certificate({
    ...authority,
    issuer: authority,
    publicKey,
    extensions: [
      // No authority below it.
      extension(oids.basicConstraints, sequence(yes, integer(Buffer.from([0]))), 'critical'),
      // keyCertSign and cRLSign: bits 5 and 6.
      extension(oids.keyUsage, bits(Buffer.from([0b0000_0110]), 1), 'critical'),
      extension(
        oids.nameConstraints,
        sequence(tagged(0xa0, sequence(tagged(0x82, Buffer.from(onlyDomain))))),
        'critical',
      ),
      extension(oids.subjectKeyIdentifier, octets(keyIdentifier(publicKey))),
    ],
  })
}

/** PEM. */
export function serverCertificate({
  issuer,
  hosts,
  publicKey,
  ...validity
}: ServerCertificateOptions): string {
  return certificate({
    ...validity,
    issuer,
    publicKey,
    // At most 64 characters fit; nobody who verifies looks at it.
    commonName: hosts[0].slice(0, 64),
    extensions: [
      extension(oids.basicConstraints, sequence(), 'critical'),
      // digitalSignature: bit 0.
      extension(oids.keyUsage, bits(Buffer.from([0b1000_0000]), 7), 'critical'),
      extension(oids.extendedKeyUsage, sequence(oid(oids.serverAuthentication))),
      extension(
        oids.subjectAltName,
        sequence(...hosts.map((host) => tagged(0x82, Buffer.from(host, 'latin1')))),
      ),
      extension(oids.subjectKeyIdentifier, octets(keyIdentifier(publicKey))),
      extension(
        oids.authorityKeyIdentifier,
        sequence(tagged(0x80, keyIdentifier(createPublicKey(issuer.key)))),
      ),
    ],
  })
}

/** Version 1 and of no use but to carry the key that signed it, for those who check what else it signed. PEM. */
export const bareCertificate = (options: Issuer & Validity): string =>
  certificate({ ...options, issuer: options, publicKey: createPublicKey(options.key), extensions: [] })

function certificate({
  issuer,
  commonName,
  publicKey,
  notBeforeMs,
  notAfterMs,
  extensions,
}: Validity & {
  issuer: Issuer
  commonName: string
  publicKey: KeyObject
  extensions: readonly Buffer[]
}): string {
  const algorithm =
    issuer.key.asymmetricKeyType === 'rsa'
      ? sequence(oid(oids.sha256WithRsa), nothing)
      : sequence(oid(oids.sha256WithEcdsa))
  // Positive, and of full length whatever chance gives.
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x3f) | 0x40
  const version3 = extensions.length === 0 ? [] : [tagged(0xa0, integer(Buffer.from([2])))]
  const toBeSigned = sequence(
    ...version3,
    integer(serial),
    algorithm,
    distinguishedName(issuer.commonName),
    sequence(time(notBeforeMs), time(notAfterMs)),
    distinguishedName(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [tagged(0xa3, sequence(...extensions))]),
  )
  const signed = sequence(toBeSigned, algorithm, bits(sign('sha256', toBeSigned, issuer.key)))
  const lines = signed.toString('base64').match(/.{1,64}/g)!
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

const distinguishedName = (commonName: string): Buffer =>
  sequence(set(sequence(oid(oids.commonName), text(commonName))))

const extension = (id: string, value: Buffer, critical?: 'critical'): Buffer =>
  sequence(oid(id), ...(critical ? [yes] : []), octets(value))

/** RFC 7093: of the whole key. Only we compare them. */
const keyIdentifier = (publicKey: KeyObject): Buffer =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20)

/**
 * What OpenSSL calls the file of a certificate of this common name in a folder of certificates: eight hexadecimal digits
 * (X509_NAME_hash: the first four bytes of SHA-1 of the name, in lower case and without the outer sequence).
 */
export function subjectHash(commonName: string): string {
  const canonical = commonName.trim().replace(/\s+/g, ' ').toLowerCase()
  const name = set(sequence(oid(oids.commonName), text(canonical)))
  return createHash('sha1').update(name).digest().readUInt32LE(0).toString(16).padStart(8, '0')
}
