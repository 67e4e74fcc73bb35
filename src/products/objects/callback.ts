/** Upload callbacks: what an uploader asks to be told to an application, and what that answers in our place. */

import { ApiError } from '../../wire/api-error.ts'
import type { Reply } from '../../wire/operation.ts'
import { credentialOf, isWithin, type Reach, type ReachOf } from '../../wire/reach.ts'
import type { AccessCaller } from './access.ts'
import { signedByPlatform } from './callback-key.ts'
import { postOnce } from './callback-request.ts'
import { accessDenied, callbackFailed, callbackNotPublic, invalidArgument } from './errors.ts'
import { imageFacts } from './images/processed.ts'
import type { BucketContext } from './product.ts'

export interface Callback {
  /** Tried in order until one answers. */
  urls: readonly URL[]
  /** How far these may lead. */
  reach: Reach
  host: string | undefined
  sni: boolean
  template: string
  bodyType: string
  /** `x:name` → value. */
  variables: Readonly<Record<string, string>>
}

/** What is known of an upload that was kept. */
export interface Uploaded {
  operation: 'PutObject' | 'PostObject' | 'CompleteMultipartUpload'
  bucket: string
  object: string
  etag: string
  sizeBytes: number
  mimeType: string
  crc64: string
  /** Base64; of what has one. */
  contentMd5: string
}

const URLS_MAX = 5
const CONFIGURATION_BYTES_MAX = 5 * 1024
const BODY_TYPES: readonly string[] = ['application/x-www-form-urlencoded', 'application/json']

export const CALLBACK_PARAMETERS: readonly string[] = ['callback', 'callback-var']

/** Where an uploader says it: in headers, or in the query of a presigned URL. */
export const callbackTexts = (
  headers: Readonly<Record<string, string | undefined>>,
  query: URLSearchParams,
): { callback: string | undefined; variables: string | undefined } => ({
  callback: headers['x-oss-callback'] ?? query.get('callback') ?? undefined,
  variables: headers['x-oss-callback-var'] ?? query.get('callback-var') ?? undefined,
})

/** Undefined where none is asked for. What is not right is refused before a byte is kept. */
export function callbackOf(
  texts: { callback: string | undefined; variables: string | undefined },
  { caller, reachOf }: { caller: AccessCaller; reachOf: ReachOf },
): Callback | undefined {
  if (texts.callback === undefined) return undefined
  // Else anybody could have us call any address that we can reach.
  if (caller.is === 'anyone') throw accessDenied('A callback is for those that sign.')
  const configuration = jsonOf('callback', texts.callback)
  const { callbackUrl, callbackHost, callbackBody, callbackBodyType, callbackSNI } = configuration
  if (typeof callbackUrl !== 'string' || typeof callbackBody !== 'string' || callbackBody === '')
    throw invalidArgument('callback', 'callbackUrl and callbackBody are texts')
  const bodyType = callbackBodyType ?? BODY_TYPES[0]
  if (typeof bodyType !== 'string' || !BODY_TYPES.includes(bodyType))
    throw invalidArgument('callbackBodyType', String(bodyType))
  if (callbackHost !== undefined && (typeof callbackHost !== 'string' || !/^[\w.:[\]-]*$/.test(callbackHost)))
    throw invalidArgument('callbackHost', String(callbackHost))
  const urls = urlsOf(callbackUrl)
  const reach = reachOf(credentialOf(caller.principal))
  if (!urls.every((url) => isWithin(reach, url))) throw callbackNotPublic()
  return {
    urls,
    reach,
    host: callbackHost === '' ? undefined : callbackHost,
    sni: callbackSNI === true,
    template: callbackBody,
    bodyType,
    variables: texts.variables === undefined ? {} : variablesOf(texts.variables),
  }
}

function jsonOf(name: string, text: string): Record<string, unknown> {
  if (text.length > CONFIGURATION_BYTES_MAX) throw invalidArgument(name, 'it is too long')
  let document: unknown
  try {
    document = JSON.parse(Buffer.from(text, 'base64').toString())
  } catch {
    throw invalidArgument(name, 'The callback configuration is not json format.')
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw invalidArgument(name, 'The callback configuration is not json format.')
  return document as Record<string, unknown>
}

function urlsOf(text: string): URL[] {
  const urls = text.split(';').map((item) => {
    const withScheme = /^https?:\/\//i.test(item) ? item : `http://${item}`
    if (item.trim() === '' || !URL.canParse(withScheme)) throw invalidArgument('callbackUrl', item)
    return new URL(withScheme)
  })
  if (urls.length > URLS_MAX) throw invalidArgument('callbackUrl', `more than ${URLS_MAX}`)
  return urls
}

function variablesOf(text: string): Record<string, string> {
  const variables = jsonOf('callback-var', text)
  for (const [name, value] of Object.entries(variables))
    if (!name.startsWith('x:') || typeof value !== 'string') throw invalidArgument('callback-var', name)
  return variables as Record<string, string>
}

/** The body with its variables filled in: encoded in a form; quoted in JSON, unless the template has the quotes. */
export function filledIn(
  { template, bodyType, variables }: Pick<Callback, 'template' | 'bodyType' | 'variables'>,
  known: Readonly<Record<string, string | number>>,
): string {
  const isJson = bodyType === 'application/json'
  return template.replace(/("?)\$\{([\w.:-]+)\}/g, (_, quote: string, name: string) => {
    const value = Object.hasOwn(known, name)
      ? known[name]!
      : Object.hasOwn(variables, name)
        ? variables[name]!
        : ''
    if (!isJson) return quote + encodeURIComponent(value)
    if (quote === '') return JSON.stringify(value)
    return quote + JSON.stringify(String(value)).slice(1, -1)
  })
}

/** The longest that an application may take; there is no second attempt at one URL. */
const TIMEOUT_MS = 5000

/** What the application answers, in the place of our own answer; or that it failed, while the object is there. */
export async function calledBack(
  context: BucketContext,
  callback: Callback,
  uploaded: Uploaded,
  headers: Record<string, string>,
): Promise<Reply> {
  const { records, clock, requestId, clientIp, host, signal } = context
  const { sizeBytes, etag, ...more } = uploaded
  const known = {
    ...more,
    ...(await imageInfoOf(context, callback, uploaded, headers)),
    size: sizeBytes,
    etag: etag.replaceAll('"', ''),
    reqId: requestId,
    clientIp,
    vpcId: '',
  }
  const body = filledIn(callback, known)
  let reason = ''
  for (const url of callback.urls) {
    const signed = await signedByPlatform(records, { url, body, host })
    const outcome = await postOnce(url, {
      reach: callback.reach,
      body,
      headers: {
        ...signed,
        'content-type': callback.bodyType,
        date: new Date(clock.now()).toUTCString(),
        host: callback.host ?? url.host,
        'user-agent': 'aliyun-oss-callback',
        'x-oss-bucket': uploaded.bucket,
        'x-oss-requester': clientIp,
        'x-oss-request-id': requestId,
        'x-oss-signature-version': '1.0',
      },
      sni: callback.sni,
      timeoutMs: TIMEOUT_MS,
      clock,
      signal,
    })
    if (outcome.is === 'answered')
      return { status: 200, headers: { ...headers, 'content-type': 'application/json' }, body: outcome.body }
    reason = outcome.reason
  }
  throw withHeaders(callbackFailed(reason), headers)
}

const withHeaders = ({ code, status, message, details }: ApiError, headers: Record<string, string>) =>
  new ApiError(code, status, message, details, headers)

/** Looked at only where the application asks for it; of what is no image there is nothing to tell. */
async function imageInfoOf(
  context: BucketContext,
  { template }: Callback,
  { object }: Uploaded,
  headers: Record<string, string>,
): Promise<Record<string, string | number>> {
  if (!/\$\{imageInfo\./.test(template)) return {}
  try {
    const facts = await imageFacts(context, object)
    if (!facts) return {}
    const { width, height, format } = facts
    return { 'imageInfo.width': width, 'imageInfo.height': height, 'imageInfo.format': format }
  } catch (error) {
    // The object is kept: what the uploader is told is that the application was not.
    context.log.warn({ err: error, object }, 'an uploaded image could not be looked at')
    throw withHeaders(callbackFailed('Get image info failed.'), headers)
  }
}
