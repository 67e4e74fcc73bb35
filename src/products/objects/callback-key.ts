/** The key by which applications know that a callback is ours: RSA, made when it is first needed, and kept. */
import { createPublicKey, createSign, generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { decodePercent } from '../../lib/signing/percent.ts'
import { type RecordStore, VersionConflict } from '../../ports/records.ts'

const KEY = 'objects/callback-key'

/** No bucket can have this name. */
export const PUBLIC_KEY_PATH = '/callback_pub_key_v1.pem'

/** The headers of a callback that say that it is ours: RSA over the MD5 of the path, the query and the body. */
export async function signedByPlatform(
  records: RecordStore,
  { url, body, host }: { url: URL; body: string; host: string },
): Promise<Record<string, string>> {
  const path = decodePercent(url.pathname) ?? url.pathname
  const text = `${path}${url.search}\n${body}`
  return {
    authorization: createSign('RSA-MD5')
      .update(text)
      .sign(await privateKey(records), 'base64'),
    'x-oss-pub-key-url': Buffer.from(`http://${host}${PUBLIC_KEY_PATH}`).toString('base64'),
  }
}

/** PEM. */
export async function publicKey(records: RecordStore): Promise<string> {
  return createPublicKey(await privateKey(records)).export({ type: 'spki', format: 'pem' }) as string
}

async function privateKey(records: RecordStore): Promise<string> {
  const kept = await records.get<{ pem: string }>(KEY)
  if (kept) return kept.value.pem
  const made = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const pem = made.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  try {
    await records.commit([{ put: KEY, value: { pem }, expect: 'absent' }])
    return pem
  } catch (error) {
    if (!(error instanceof VersionConflict)) throw error
    return (await records.get<{ pem: string }>(KEY))!.value.pem
  }
}
