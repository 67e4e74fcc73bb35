/** Brings a package to the platform: within the call while it is small, else through Object Storage as the vendor's tools do. */
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { signOssV4 } from '../../lib/signing/oss.ts'
import { CommandFailed } from '../errors.ts'
import { exchange, wholeBody } from '../http.ts'
import type { Platform } from '../platform.ts'
import type { Terminal } from '../terminal.ts'
import type { Package } from './package.ts'

/** The `code` of CreateFunction, UpdateFunction and CreateLayerVersion. */
export type CodeLocation =
  | { zipFile: string; checksum: string }
  | { ossBucketName: string; ossObjectName: string; checksum?: string }

const INLINE_BYTES_MAX = 10 * 1024 * 1024

interface UploadToken {
  credentials: { AccessKeyId: string; AccessKeySecret: string; SecurityToken: string }
  ossRegion: string
  ossBucket: string
  objectName: string
}

export async function upload(pack: Package, platform: Platform, terminal: Terminal): Promise<CodeLocation> {
  if (pack.sizeBytes <= INLINE_BYTES_MAX) {
    return { zipFile: (await readFile(pack.file)).toString('base64'), checksum: pack.checksum }
  }
  const token = await platform.callLegacy<UploadToken>('/2016-08-15/tempBucketToken')
  const endpoint = await objectStorageEndpoint(platform, terminal)
  const ossObjectName = `${await accountIdOf(platform)}/${token.objectName}`
  await putObject(pack, ossObjectName, { token, endpoint, terminal })
  return { ossBucketName: token.ossBucket, ossObjectName, checksum: pack.checksum }
}

interface Target {
  token: UploadToken
  endpoint: URL
  terminal: Terminal
}

async function putObject(
  pack: Package,
  objectName: string,
  { token, endpoint, terminal }: Target,
): Promise<void> {
  const rawPath = `/${objectName.split('/').map(encodeURIComponent).join('/')}`
  const headers = signOssV4(
    {
      method: 'PUT',
      resource: { bucket: token.ossBucket, object: objectName },
      headers: {
        // The bucket is named by the host, which is where the vendor's SDK puts it.
        host: `${token.ossBucket}.${token.ossRegion}.aliyuncs.com`,
        'content-type': 'application/zip',
        'content-length': String(pack.sizeBytes),
      },
    },
    {
      accessKeyId: token.credentials.AccessKeyId,
      accessKeySecret: token.credentials.AccessKeySecret,
      securityToken: token.credentials.SecurityToken,
    },
    { nowMs: terminal.clock.now(), region: token.ossRegion.replace(/^oss-/, '') },
  )
  const body = createReadStream(pack.file)
  const counted = body.pipe(progressOf(pack.sizeBytes, terminal))
  body.once('error', (error) => counted.destroy(error))
  try {
    const { clock, signal } = terminal
    const url = new URL(rawPath, endpoint)
    const response = await exchange({ method: 'PUT', url, headers, body: counted, clock, signal })
    const answer = (await wholeBody(response)).toString()
    if (response.statusCode !== 200) {
      const code = /<Code>([^<]*)</.exec(answer)?.[1] ?? `HTTP ${response.statusCode}`
      const message = /<Message>([^<]*)</.exec(answer)?.[1] ?? ''
      throw new CommandFailed(`The code could not be uploaded: ${code}: ${message}`)
    }
  } finally {
    body.destroy()
  }
}

/** Counts what goes by, and shows it ten times a second at most. */
function progressOf(totalBytes: number, { clock, progress }: Terminal): Transform {
  let sentBytes = 0
  let shownMs = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sentBytes += chunk.length
      const nowMs = clock.monotonicMs()
      const isLast = sentBytes === totalBytes
      if (isLast || nowMs - shownMs >= 100) {
        shownMs = nowMs
        const percent = Math.floor((sentBytes / totalBytes) * 100)
        progress(`uploading: ${megabytes(sentBytes)} of ${megabytes(totalBytes)} (${percent} %)`, isLast)
      }
      done(null, chunk)
    },
  })
}

export const megabytes = (bytes: number): string =>
  bytes < 100_000 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`

async function objectStorageEndpoint(platform: Platform, { environment }: Terminal): Promise<URL> {
  const known =
    environment.HANSHU_OSS_ENDPOINT ?? platform.endpoints.oss ?? (await statusOf(platform)).endpoints?.oss
  if (known) return new URL(known)
  throw new CommandFailed('The platform does not say where its Object Storage is. Set HANSHU_OSS_ENDPOINT.')
}

export async function accountIdOf(platform: Platform): Promise<string> {
  const known = platform.accountId ?? (await statusOf(platform)).accountId
  if (known) return known
  throw new CommandFailed('The platform does not say which account this is.')
}

const statusOf = (platform: Platform): Promise<{ accountId?: string; endpoints?: Record<string, string> }> =>
  platform.call({ action: 'ReadPlatformStatus', method: 'GET', path: '/hanshu/status' })
