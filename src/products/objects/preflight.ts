/** A preflight: a browser asks, without a signature, what pages of another origin may. Its URL is that of the request to come. */
import type { RecordStore } from '../../ports/records.ts'
import { type CorsSetting, corsHeaders } from './cors.ts'
import { accessForbidden, invalidArgument } from './errors.ts'
import type { Reply } from './product.ts'
import { findSetting } from './settings.ts'
import type { Headers } from './writing.ts'

export async function answerPreflight(
  records: RecordStore,
  bucket: string,
  headers: Headers,
): Promise<Reply> {
  const { origin } = headers
  const method = headers['access-control-request-method']
  if (origin === undefined) throw invalidArgument('Origin', '')
  if (method === undefined) throw invalidArgument('Access-Control-Request-Method', '')
  const setting = await findSetting<CorsSetting>(records, bucket, 'cors')
  if (!setting) throw accessForbidden('CORSResponse: CORS is not enabled for this bucket.')
  const asked = (headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  const allowed = corsHeaders(setting, { origin, method, headers: asked })
  if (!allowed)
    throw accessForbidden('CORSResponse: This CORS request is not allowed by the rules of the bucket.')
  return { status: 200, headers: allowed }
}
