/** From bucket to bucket: the bytes stay where the platform is. */
import { encodeRfc3986 } from '../../lib/signing/percent.ts'
import { type Address, addressText } from './address.ts'
import { checkCrc64, type Moving, partBytesFor } from './moving.ts'
import { sendInParts } from './multipart.ts'

/** What is larger goes in parts, as the vendor refuses to copy more in one piece; nobody has to hold a part. */
const COPIES = { wholeBytesMax: 1024 * 1024 * 1024, partBytes: 128 * 1024 * 1024 }

export async function copyObject(
  source: Address,
  target: Address,
  sizeBytes: number,
  moving: Moving,
  { wholeBytesMax, partBytes } = COPIES,
): Promise<void> {
  const { storage, progress } = moving
  const from = `/${source.bucket}/${encodeRfc3986(source.key).replaceAll('%2F', '/')}`
  if (sizeBytes <= wholeBytesMax) {
    await storage.headersOf({ method: 'PUT', ...target, headers: { 'x-oss-copy-source': from } })
    progress.moved(sizeBytes)
    return
  }
  const meta = await storage.headersOf({ method: 'HEAD', ...source })
  const { etag = '' } = meta
  const crc64 = await sendInParts(
    moving,
    target,
    spansOf(sizeBytes, partBytesFor(sizeBytes, partBytes)),
    async ({ start, end }, query) => {
      const headers = await storage.headersOf({
        method: 'PUT',
        ...target,
        query,
        headers: {
          'x-oss-copy-source': from,
          'x-oss-copy-source-range': `bytes=${start}-${end - 1}`,
          // Parts of two versions of it would be an object that never was.
          'x-oss-copy-source-if-match': etag,
        },
      })
      progress.moved(end - start)
      return {
        etag: String(headers.etag).replaceAll('"', ''),
        crc64: String(headers['x-oss-hash-crc64ecma']),
        sizeBytes: end - start,
      }
    },
  )
  checkCrc64(addressText(target), crc64, meta['x-oss-hash-crc64ecma'])
}

function* spansOf(sizeBytes: number, partBytes: number) {
  let number = 0
  for (let start = 0; start < sizeBytes; start += partBytes)
    yield { number: ++number, start, end: Math.min(sizeBytes, start + partBytes) }
}
