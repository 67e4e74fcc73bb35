/** Cross-origin rules of a bucket: what they are, and what they say to a request. */

import { childOf, childrenOf, type XmlElement } from '../../lib/xml-reader.ts'
import type { RecordStore } from '../../ports/records.ts'
import { ApiError } from '../../wire/api-error.ts'
import type { Reply } from '../../wire/operation.ts'
import type { StoredBucket } from './bucket.ts'
import { malformedXml } from './errors.ts'
import { findSetting } from './settings.ts'

export interface CorsRule {
  allowedOrigins: readonly string[]
  allowedMethods: readonly string[]
  allowedHeaders: readonly string[]
  exposeHeaders: readonly string[]
  maxAgeSeconds?: number
}

export interface CorsSetting {
  rules: readonly CorsRule[]
  /** Whether answers vary with the origin even where no rule fits. */
  responseVary: boolean
}

/** The vendor's limit. */
const RULES_MAX = 20
const METHODS: readonly string[] = ['GET', 'PUT', 'DELETE', 'POST', 'HEAD']
const AGE_SECONDS_MAX = 999_999_999

export function readCors(root: XmlElement): CorsSetting {
  const rules = childrenOf(root, 'CORSRule').map(readRule)
  if (rules.length === 0 || rules.length > RULES_MAX)
    throw malformedXml(`1 to ${RULES_MAX} CORSRule are taken`)
  return { rules, responseVary: childOf(root, 'ResponseVary')?.text.trim() === 'true' }
}

function readRule(rule: XmlElement): CorsRule {
  const texts = (name: string): string[] => childrenOf(rule, name).map(({ text }) => text.trim())
  const allowedOrigins = texts('AllowedOrigin')
  const allowedMethods = texts('AllowedMethod')
  const allowedHeaders = texts('AllowedHeader')
  if (allowedOrigins.length === 0) throw malformedXml('a CORSRule has an AllowedOrigin')
  if (allowedMethods.length === 0) throw malformedXml('a CORSRule has an AllowedMethod')
  for (const method of allowedMethods)
    if (!METHODS.includes(method)) throw malformedXml(`AllowedMethod: ${method}`)
  for (const pattern of [...allowedOrigins, ...allowedHeaders])
    if (pattern.split('*').length > 2) throw malformedXml(`more than one * in ${pattern}`)
  const age = childOf(rule, 'MaxAgeSeconds')?.text.trim()
  if (age !== undefined && !(/^\d+$/.test(age) && Number(age) <= AGE_SECONDS_MAX))
    throw malformedXml(`MaxAgeSeconds: ${age}`)
  return {
    allowedOrigins,
    allowedMethods,
    allowedHeaders,
    exposeHeaders: texts('ExposeHeader'),
    ...(age === undefined ? {} : { maxAgeSeconds: Number(age) }),
  }
}

export const corsXml = ({ rules, responseVary }: CorsSetting) => ({
  CORSRule: rules.map((rule) => ({
    AllowedOrigin: rule.allowedOrigins,
    AllowedMethod: rule.allowedMethods,
    AllowedHeader: rule.allowedHeaders,
    ExposeHeader: rule.exposeHeaders,
    MaxAgeSeconds: rule.maxAgeSeconds,
  })),
  ResponseVary: String(responseVary),
})

/** The headers that tell a page what it may, by the first rule that fits; undefined where none does. */
export function corsHeaders(
  { rules }: CorsSetting,
  asked: { origin: string; method: string; headers: readonly string[] },
): Record<string, string> | undefined {
  const rule = rules.find(
    ({ allowedOrigins, allowedMethods, allowedHeaders }) =>
      allowedOrigins.some((pattern) => fits(pattern, asked.origin)) &&
      allowedMethods.includes(asked.method) &&
      asked.headers.every((name) => allowedHeaders.some((pattern) => fits(pattern.toLowerCase(), name))),
  )
  if (!rule) return undefined
  const isOpen = rule.allowedOrigins.includes('*')
  return {
    'access-control-allow-origin': isOpen ? '*' : asked.origin,
    'access-control-allow-methods': rule.allowedMethods.join(', '),
    ...(asked.headers.length === 0 ? {} : { 'access-control-allow-headers': asked.headers.join(', ') }),
    ...(rule.exposeHeaders.length === 0
      ? {}
      : { 'access-control-expose-headers': rule.exposeHeaders.join(', ') }),
    ...(rule.maxAgeSeconds === undefined ? {} : { 'access-control-max-age': String(rule.maxAgeSeconds) }),
    ...(isOpen ? {} : { vary: 'Origin' }),
  }
}

/** A pattern has at most one `*`. */
function fits(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*')
  if (star < 0) return pattern === text
  const before = pattern.slice(0, star)
  const after = pattern.slice(star + 1)
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after)
}

/** Adds to an answer, also to a refusal, what the bucket's rules say to the page that asked. */
export async function withCors(
  headers: Readonly<Record<string, string | undefined>>,
  { records, bucket, method }: { records: RecordStore; bucket: StoredBucket; method: string },
  answer: () => Promise<Reply>,
): Promise<Reply> {
  const { origin } = headers
  if (origin === undefined) return answer()
  const setting = await findSetting<CorsSetting>(records, bucket.value.name, 'cors')
  const added = setting && (corsHeaders(setting, { origin, method, headers: [] }) ?? varies(setting))
  if (!added) return answer()
  try {
    const reply = await answer()
    return { ...reply, headers: { ...reply.headers, ...added } }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    throw new ApiError(error.code, error.status, error.message, error.details, { ...error.headers, ...added })
  }
}

const varies = ({ responseVary }: CorsSetting): Record<string, string> | undefined =>
  responseVary ? { vary: 'Origin' } : undefined
