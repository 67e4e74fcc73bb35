/** `ali-oss`, pointed at a running platform as a user would; and the refusals it reports. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import type { Platform } from '../../platform.fixture.ts'

const require = createRequire(import.meta.url)
// biome-ignore lint/suspicious/noExplicitAny: an SDK without types
export type Sdk = any
const OSS: Sdk = require('ali-oss')

export type Mode = 'path' | 'ip' | 'cname'

/** The ways to configure the SDK: the bucket in the path, in the Host header only, or nowhere but in the signature. */
const modes: Readonly<Record<Mode, (endpoint: URL) => object>> = {
  path: ({ port }) => ({ endpoint: `http://localhost:${port}`, sldEnable: true }),
  ip: ({ port }) => ({ endpoint: `http://127.0.0.1:${port}` }),
  cname: ({ port }) => ({ endpoint: `http://localhost:${port}`, cname: true }),
}

export function ossClient(
  { endpoints, region, accessKeyId, accessKeySecret }: Platform,
  { mode = 'path', ...more }: { mode?: Mode; bucket?: string; [option: string]: unknown } = {},
): Sdk {
  const options = modes[mode](new URL(endpoints.oss))
  return new OSS({
    region: `oss-${region}`,
    accessKeyId,
    accessKeySecret,
    secure: false,
    ...options,
    ...more,
  })
}

/** The code and status of what the SDK reports as refused. */
export async function refused(promise: Promise<unknown>): Promise<{ code: string; status: number }> {
  const error = await promise.then(
    () => assert.fail('it was not refused'),
    // biome-ignore lint/suspicious/noExplicitAny: an SDK without types
    (thrown: any) => thrown,
  )
  assert.ok(error.requestId || error.status, `not a refusal of the API: ${error.stack}`)
  return { code: error.code, status: error.status }
}
