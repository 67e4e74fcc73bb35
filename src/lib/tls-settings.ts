/** Certificates and TLS settings in the vendor's words → what Node's TLS takes. */
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'

export interface TlsSettings {
  /** PEM. */
  certificate: string
  /** PEM. */
  privateKey: string
  /** `TLSv1.0` … `TLSv1.3` */
  minVersion?: string
  maxVersion?: string
  /** IANA names: `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`. */
  cipherSuites?: readonly string[]
}

/** Throws for documents that are not PEM, a key that is not that of the certificate, an unknown suite. */
export function secureContextOf({
  certificate,
  privateKey,
  minVersion,
  maxVersion,
  cipherSuites = [],
}: TlsSettings): SecureContext {
  return createSecureContext({
    cert: certificate,
    key: privateKey,
    ...(minVersion ? { minVersion: versionOf(minVersion) } : {}),
    ...(maxVersion ? { maxVersion: versionOf(maxVersion) } : {}),
    ...(cipherSuites.length > 0 ? { ciphers: cipherSuites.map(opensslName).join(':') } : {}),
  })
}

/** OpenSSL has no zero in its name of the oldest. */
const versionOf = (version: string): SecureContextOptions['minVersion'] =>
  (version === 'TLSv1.0' ? 'TLSv1' : version) as SecureContextOptions['minVersion']

/** `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` → `ECDHE-RSA-AES128-GCM-SHA256`; suites of TLS 1.3 keep their names. */
export function opensslName(suite: string): string {
  const [, exchange, cipher] = /^TLS_(.+)_WITH_(.+)$/.exec(suite) ?? []
  if (!exchange || !cipher) return suite
  const short = cipher.replace(/AES_(\d+)(_CBC)?/, 'AES$1').replace(/_POLY1305_SHA256$/, '_POLY1305')
  return `${exchange === 'RSA' ? '' : `${exchange}_`}${short}`.replaceAll('_', '-')
}
