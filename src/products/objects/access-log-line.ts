/**
 * One request as a line of an access log, in the vendor's fields and their order (help: "Logging"). Texts are quoted and
 * numbers are not, as the programs have it that read such logs; `-` is what is not known.
 */
import type { RequestHead } from '../../wire/product-server.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'

export interface LoggedRequest {
  head: RequestHead
  clientIp: string
  requestId: string
  operation: string
  bucket: string
  object: string | undefined
  /** Who signed; undefined: nobody. */
  principal: Principal | undefined
  accessKeyId: string | undefined
  /** Of the account that the bucket belongs to. */
  accountId: string
  receivedMs: number
  status: number
  errorCode: string | undefined
  /** Bytes of the body that were sent. */
  sentBytes: number
  /** Until the last byte was sent, and until the first could be. */
  requestMs: number
  serverMs: number
  objectBytes: number | undefined
  /** By how much the bucket has grown. */
  deltaBytes: number | undefined
  storageClass: string | undefined
}

/** Whoever may read a log must not be able to do what a signed URL in it allows. */
const SECRETS = /([?&](?:Signature|x-oss-signature|security-token|x-oss-security-token)=)[^&#\s]*/gi

const withoutSecrets = (text: string): string => text.replace(SECRETS, '$1***')

/** Longer texts are cut: a line is bounded. */
const TEXT_LENGTH_MAX = 4096

export function accessLogLine(request: LoggedRequest): string {
  const { head, principal, accountId, object } = request
  const { headers, method, target, message } = head
  const uri = withoutSecrets(target)
  return [
    request.clientIp || '-',
    '-',
    '-',
    `[${logTime(request.receivedMs)}]`,
    quoted(`${method} ${uri} HTTP/${message.httpVersion}`),
    request.status,
    request.sentBytes,
    Math.round(request.requestMs),
    quoted(headers.referer === undefined ? undefined : withoutSecrets(headers.referer)),
    quoted(headers['user-agent']),
    quoted(headers.host),
    quoted(request.requestId),
    quoted('true'),
    quoted(requesterOf(principal, accountId)),
    quoted(request.operation),
    quoted(request.bucket),
    quoted(object === undefined ? undefined : `/${encodeURI(object.toWellFormed())}`),
    request.objectBytes ?? '-',
    Math.round(request.serverMs),
    quoted(request.errorCode),
    requestBytesOf(head),
    quoted(accountId),
    request.deltaBytes || '-',
    // Neither a CDN nor a replication asks here.
    quoted(undefined),
    quoted(request.storageClass),
    quoted(undefined),
    quoted(undefined),
    quoted(request.accessKeyId),
  ].join(' ')
}

/** Nothing that a client sends ends its field, or the line. */
function quoted(text: string | undefined): string {
  if (text === undefined || text === '') return '"-"'
  const safe = text
    .slice(0, TEXT_LENGTH_MAX)
    .replace(
      /["\\\x00-\x1f\x7f-\x9f]/g,
      (found) => `%${found.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
    )
  return `"${safe}"`
}

function requesterOf(principal: Principal | undefined, accountId: string): string | undefined {
  switch (principal?.is) {
    case undefined:
      return undefined
    case 'account':
      return accountId
    case 'user':
      return principal.userId
    case 'role':
      return principal.roleId
    case 'unknownRole':
      return principal.roleArn
  }
}

/** The head as it was on the wire, and the body as it was announced. */
function requestBytesOf({ method, target, headers, message }: RequestHead): number {
  const fields = message.rawHeaders.reduce((sum, text) => sum + text.length + 2, 0)
  const line = method.length + target.length + ' HTTP/1.1\r\n\r\n'.length + 1
  return line + fields + Number(headers['content-length'] ?? 0)
}

const BEIJING_MS = 8 * 3_600_000
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `02/May/2012:00:00:04 +0800`. */
function logTime(ms: number): string {
  const [year, month, day, time] = beijingTime(ms)
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time} +0800`
}

/** `2012-05-02-00-00-04`, as the names of logs have it. */
export function logNameTime(ms: number): string {
  const [year, month, day, time] = beijingTime(ms)
  return `${year}-${month}-${day}-${time.replaceAll(':', '-')}`
}

/** Logs keep Beijing's time, wherever they are written. */
function beijingTime(ms: number): [year: string, month: string, day: string, time: string] {
  const [date = '', time = ''] = new Date(ms + BEIJING_MS).toISOString().slice(0, 19).split('T')
  const [year = '', month = '', day = ''] = date.split('-')
  return [year, month, day, time]
}
