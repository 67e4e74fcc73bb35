/** The key that pushes are signed with, and its certificate; made when they are first needed, the same ever after. */
import { createPrivateKey, createSign, generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { bareCertificate } from '../../lib/certificates.ts'
import type { Clock } from '../../lib/clock.ts'
import { type RecordStore, VersionConflict } from '../../ports/records.ts'

/** Where the certificate is served, to everybody. */
export const CERTIFICATE_PATH = '/x509_public_certificate.pem'

export interface SigningKey {
  /** PEM. */
  certificate(): Promise<string>
  /** Base64 of the RSA-SHA1 signature. */
  sign(text: string): Promise<string>
}

interface KeyRecord {
  /** PEM. Whoever has it can make pushes that look like ours. */
  privateKey: string
  certificate: string
}

const RECORD_KEY = 'queues/signing-key'
const YEAR_MS = 365 * 86_400_000

export function signingKey({ records, clock }: { records: RecordStore; clock: Clock }): SigningKey {
  let loading: Promise<KeyRecord> | undefined
  const load = (): Promise<KeyRecord> => {
    loading ??= loadOrCreate(records, clock).catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
  return {
    certificate: async () => (await load()).certificate,
    sign: async (text) =>
      createSign('RSA-SHA1')
        .update(text, 'latin1')
        .sign((await load()).privateKey, 'base64'),
  }
}

async function loadOrCreate(records: RecordStore, clock: Clock): Promise<KeyRecord> {
  const found = await records.get<KeyRecord>(RECORD_KEY)
  if (found) return found.value
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const certificate = bareCertificate({
    key: createPrivateKey(privateKey),
    commonName: 'Hanshu Notification Service',
    notBeforeMs: clock.now() - 86_400_000,
    notAfterMs: clock.now() + 100 * YEAR_MS,
  })
  try {
    await records.commit([{ put: RECORD_KEY, value: { privateKey, certificate }, expect: 'absent' }])
    return { privateKey, certificate }
  } catch (error) {
    // In a cluster another node may have been first; its key is everyone's.
    const winner = error instanceof VersionConflict ? await records.get<KeyRecord>(RECORD_KEY) : undefined
    if (!winner) throw error
    return winner.value
  }
}
