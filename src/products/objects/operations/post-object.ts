import { authorize } from '../access.ts'
import { announcing } from '../announcing.ts'
import { type Callback, callbackOf, calledBack } from '../callback.ts'
import { discardContent } from '../content.ts'
import { fileAlreadyExists, invalidArgument } from '../errors.ts'
import { formFields, readForm } from '../form.ts'
import { addVersion } from '../history.ts'
import { etagOf, requireObjectName } from '../object.ts'
import { checkPolicy, checkSize } from '../post-policy.ts'
import { operation, stream, xmlReply } from '../product.ts'
import { versionHeader } from '../reading.ts'
import { keptHeaders, naming, refuseWhatIsNotOffered, traitsOf } from '../writing.ts'

/** A browser's form: fields first, then the file. The policy among the fields says who signed and what may be uploaded. */
export const postObject = operation({
  name: 'PostObject',
  route: 'POST /{bucket}',
  action: 'oss:PutObject',
  body: stream,
  grant: 'anyone',

  async handle({ path: { bucket: name }, headers, body }, context) {
    const { bucket, clock, blobs, host, sizeBytesMax, signal } = context
    let object = ''
    let callback: Callback | undefined
    let { caller } = context
    const { fields, blob } = await readForm(
      body,
      headers,
      { blobs, signal, sizeBytesMax, clock },
      async (fields, fileName) => {
        object = (fields.get('key') ?? '').replaceAll(/\$\{filename\}/g, () => fileName)
        if (object === '') throw invalidArgument('key', '')
        requireObjectName(object)
        // Everybody may write to a bucket that says so; whoever brings a policy is held to it.
        const isSigned = fields.has('policy')
        if (isSigned) caller = { is: 'signer', byUrl: false, principal: context.verifyForm(fields) }
        await authorize({ ...context, caller }, { action: 'oss:PutObject', grant: 'write', object })
        callback = callbackOf(formTexts(fields), { ...context, caller })
        return checkPolicy(formFields(fields, { key: object }), {
          bucket: name,
          nowMs: clock.now(),
          sizeBytesMax,
        })
      },
      checkSize,
    )
    const asHeaders = Object.fromEntries(fields)
    const { blobId, sizeBytes, md5, crc64 } = blob
    const { written, removed } = await naming(blobs, blobId, async () => {
      refuseWhatIsNotOffered(asHeaders)
      const traits = await traitsOf(asHeaders, context)
      const kept = keptHeaders(
        {
          ...asHeaders,
          'content-type': fields.get('content-type') ?? fields.get('x-oss-content-type') ?? blob.contentType,
        },
        object,
      )
      const variables = callback?.variables
      const store = announcing({ ...context, caller }, 'ObjectCreated:PostObject', { variables })
      return addVersion(store, { bucket: name, object }, (current) => {
        if (current && fields.get('x-oss-forbid-overwrite') === 'true') throw fileAlreadyExists()
        return { blobId, sizeBytes, md5, crc64, lastModifiedMs: clock.now(), headers: kept, ...traits }
      })
    })
    await discardContent(context, removed)
    const etag = etagOf({ md5 })
    const location = `http://${host}/${name}/${encodeURI(object)}`
    const answered = {
      etag,
      'x-oss-hash-crc64ecma': crc64,
      location,
      ...versionHeader(written, bucket.value),
    }
    if (callback) {
      const mimeType = written!.headers['content-type']!
      const contentMd5 = Buffer.from(md5, 'hex').toString('base64')
      const place = { bucket: name, object }
      const uploaded = {
        operation: 'PostObject',
        ...place,
        etag,
        sizeBytes,
        mimeType,
        crc64,
        contentMd5,
      } as const
      return calledBack(context, callback, uploaded, answered)
    }
    const redirect = fields.get('success_action_redirect')
    if (redirect) {
      const query = new URLSearchParams({ bucket: name, key: object, etag })
      if (!URL.canParse(redirect)) return { status: 204, headers: answered }
      const target = new URL(redirect)
      for (const [key, value] of query) target.searchParams.append(key, value)
      return { status: 303, headers: { ...answered, location: target.href } }
    }
    const status = fields.get('success_action_status')
    if (status === '200') return { status: 200, headers: answered }
    if (status !== '201') return { status: 204, headers: answered }
    return xmlReply(
      201,
      'PostResponse',
      { Bucket: name, ETag: etag, Location: location, Key: object },
      answered,
    )
  },
})

/** Variables are fields of their own, `x:name`. */
function formTexts(fields: ReadonlyMap<string, string>) {
  const variables = [...fields].filter(([name]) => name.startsWith('x:'))
  return {
    callback: fields.get('callback'),
    variables: Buffer.from(JSON.stringify(Object.fromEntries(variables))).toString('base64'),
  }
}
