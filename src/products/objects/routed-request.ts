/** A request for an object as rules see it, and what of it goes along to where they lead. */
import { decodePercent } from '../../lib/signing/percent.ts'
import type { Reply } from '../../wire/operation.ts'
import type { Headers } from './writing.ts'

export interface RoutedRequest {
  object: string
  headers: Headers
  query: URLSearchParams
  /** Reads an object as this request asks for it: the one that it names, or one that a rule leads to. */
  read(object: string): Promise<Reply>
}

export const encodedPath = (object: string): string => object.split('/').map(encodeURIComponent).join('/')

const OF_SIGNATURES = /^(?:OSSAccessKeyId|Expires|Signature|security-token|x-oss-.*)$/i

/** As it was sent, with its `?`; without what signs the request, which is for nobody but us. */
export function passedQuery(rawQuery: string): string {
  const kept = rawQuery
    .split('&')
    .filter((item) => item !== '' && !OF_SIGNATURES.test(decodePercent(item.split('=')[0]!) ?? ''))
  return kept.length === 0 ? '' : `?${kept.join('&')}`
}
