/** Who vouches, inside sandboxes, for the platform by the vendor's names. Made at the first start, the same ever after. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { authorityCertificate, serverCertificate } from '../lib/certificates.ts'
import type { Clock } from '../lib/clock.ts'
import { type RecordStore, VersionConflict } from '../ports/records.ts'
import type { TrustedAuthority } from '../ports/sandbox.ts'
import { cloudDomain } from './cloud-names.ts'

export interface CloudAuthority extends TrustedAuthority {
  /** What a server in the zone (`cloud-names.ts`) shows. */
  contextOf(zone: string): SecureContext
}

interface AuthorityRecord {
  /** PEM. Whoever has it is taken for the vendor by those who trust the certificate; it never leaves the platform. */
  privateKey: string
  certificate: string
}

const RECORD_KEY = 'platform/cloud-authority'
const commonName = 'Hanshu Platform'
const dayMs = 86_400_000
const authorityGoodForMs = 3650 * dayMs
/** A platform may run for months: it begins with what is good for that long. */
const authorityLeastLeftMs = 365 * dayMs
const serverGoodForMs = 90 * dayMs
const serverRemadeAfterMs = 30 * dayMs
/** Names of regions are whatever clients say they are. One more, and the oldest is forgotten, and made anew when it is asked for. */
const contextsMax = 256

export async function openCloudAuthority(needs: {
  records: RecordStore
  clock: Clock
}): Promise<CloudAuthority> {
  const { clock } = needs
  const { privateKey, certificate } = await loadOrCreate(needs)
  const issuer = { commonName, key: createPrivateKey(privateKey) }
  // One for all zones: whoever learns it has learnt all that this process knows.
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const serverKey = server.privateKey.export({ type: 'pkcs8', format: 'pem' })
  const contexts = new Map<string, { context: SecureContext; madeMs: number }>()

  return {
    commonName,
    certificate,
    contextOf(zone) {
      const nowMs = clock.now()
      const known = contexts.get(zone)
      if (known && Math.abs(nowMs - known.madeMs) < serverRemadeAfterMs) return known.context
      const cert = serverCertificate({
        issuer,
        publicKey: server.publicKey,
        hosts: [zone, `*.${zone}`],
        // Instances read the same clock, which may be set back.
        notBeforeMs: nowMs - dayMs,
        notAfterMs: nowMs + serverGoodForMs,
      })
      // Clients show no certificates: there is nobody to trust.
      const context = createSecureContext({ key: serverKey, cert, ca: [] })
      contexts.delete(zone)
      if (contexts.size >= contextsMax) contexts.delete(contexts.keys().next().value!)
      contexts.set(zone, { context, madeMs: nowMs })
      return context
    },
  }
}

async function loadOrCreate({
  records,
  clock,
}: {
  records: RecordStore
  clock: Clock
}): Promise<AuthorityRecord> {
  const found = await records.get<AuthorityRecord>(RECORD_KEY)
  if (found && isGood(found.value.certificate, clock.now())) return found.value
  const key = found
    ? createPrivateKey(found.value.privateKey)
    : generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const value = newRecord(key, clock.now())
  try {
    await records.commit([{ put: RECORD_KEY, value, expect: found?.version ?? 'absent' }])
    return value
  } catch (error) {
    // In a cluster another node may have been first; its authority is everyone's.
    const winner =
      error instanceof VersionConflict ? await records.get<AuthorityRecord>(RECORD_KEY) : undefined
    if (!winner) throw error
    return winner.value
  }
}

const newRecord = (key: KeyObject, nowMs: number): AuthorityRecord => ({
  privateKey: key.export({ type: 'pkcs8', format: 'pem' }) as string,
  certificate: authorityCertificate({
    commonName,
    key,
    onlyDomain: cloudDomain,
    notBeforeMs: nowMs - dayMs,
    notAfterMs: nowMs + authorityGoodForMs,
  }),
})

/** Now and for as long as a platform runs; made while the clock was wrong, it may not be. */
function isGood(certificate: string, nowMs: number): boolean {
  const { validFromDate, validToDate } = new X509Certificate(certificate)
  return validFromDate.getTime() <= nowMs && nowMs + authorityLeastLeftMs <= validToDate.getTime()
}
