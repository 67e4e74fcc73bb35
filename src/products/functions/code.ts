import { InvalidCodePackage } from '../../ports/code-packages.ts'
import type { CodeReference } from '../../ports/invocation.ts'
import { accessDenied, invalidArgument } from './errors.ts'
import type { CodeLocation } from './function-spec.ts'
import type { FunctionsContext } from './vocabulary.ts'

const MB = 1024 * 1024

/** "zip via API base64 ≤ 100 MB" */
const ZIP_FILE_BASE64_CHARACTERS_MAX = 100 * MB
/** "via OSS/console ≤ 500 MB" */
export const PACKED_BYTES_MAX = 500 * MB
/** Ours: what one package may take of an instance's disk. */
const UNPACKED_BYTES_MAX = 4096 * MB
const ENTRIES_MAX = 200_000

/** A JSON body that carries a package inline: the base64, and room for all else. */
export const bodyWithCodeBytesMax = ZIP_FILE_BASE64_CHARACTERS_MAX + MB

/** One class, looked for once: the text may be 100 MB long. */
const NOT_BASE64 = /[^A-Za-z0-9+/=\r\n]/

/** Fetches or decodes the package, checks and keeps it. A package that no record names in the end is swept later. */
export async function storeCode(code: CodeLocation, context: FunctionsContext): Promise<CodeReference> {
  const { codePackages, uploadedObjects, accountId } = context
  const stored = await codePackages
    .store(await open(), {
      packedBytesMax: PACKED_BYTES_MAX,
      unpackedBytesMax: UNPACKED_BYTES_MAX,
      entriesMax: ENTRIES_MAX,
    })
    .catch((error: unknown) => {
      throw error instanceof InvalidCodePackage
        ? invalidArgument(`the code package is invalid: ${error.message}`)
        : error
    })
  if (code.checksum && code.checksum !== stored.crc64) {
    throw invalidArgument(
      `the checksum of the code package does not match (expected: '${code.checksum}', actual: '${stored.crc64}')`,
    )
  }
  return stored

  async function open(): Promise<AsyncIterable<Uint8Array>> {
    if (code.zipFile) {
      if (code.zipFile.length > ZIP_FILE_BASE64_CHARACTERS_MAX) {
        throw invalidArgument('the base64 of code.zipFile must not be larger than 100 MB')
      }
      if (NOT_BASE64.test(code.zipFile)) throw invalidArgument('code.zipFile is not base64')
      return once(Buffer.from(code.zipFile, 'base64'))
    }
    if (!code.ossBucketName || !code.ossObjectName) {
      throw invalidArgument('code must have either zipFile or both ossBucketName and ossObjectName')
    }
    checkMayRead(code.ossBucketName, code.ossObjectName, context)
    const object = await uploadedObjects.open(accountId, code.ossBucketName, code.ossObjectName)
    if (!object) {
      throw invalidArgument(
        `the object '${code.ossObjectName}' of bucket '${code.ossBucketName}' does not exist`,
      )
    }
    return object
  }
}

/**
 * Who may create functions could otherwise read any object, as the code of one. What is uploaded for us goes to a bucket of
 * its own, which callers are given keys for and no policies.
 */
function checkMayRead(
  bucket: string,
  object: string,
  { access, principal, accountId, uploadBucket }: FunctionsContext,
): void {
  if (!access || !principal || bucket === uploadBucket) return
  const resource = `acs:oss:*:${accountId}:${bucket}/${object}`
  if (!access.mayDo(principal, { action: 'oss:GetObject', resource }))
    throw accessDenied(`unable to access object '${object}' in bucket '${bucket}'`)
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

export const namesCode = (code: CodeLocation | undefined): code is CodeLocation =>
  code !== undefined && Boolean(code.zipFile || code.ossBucketName || code.ossObjectName)
