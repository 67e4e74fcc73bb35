/** What the tests of the APIs with services share: one platform per file, both SDKs, and refusals as these show them. */
import assert from 'node:assert/strict'
import { fc2Client, fcOpenClient, type Sdk, zipOf } from '../../clients.fixture.ts'
import { type Bed, sharedPlatform } from '../conformance.fixture.ts'

export interface ServicesBed extends Bed {
  fc2: Sdk
  open: Sdk
}

export function sharedServices(): ServicesBed {
  const bed = sharedPlatform({}, async (ready) => {
    Object.assign(bed, { fc2: fc2Client(ready.platform), open: fcOpenClient(ready.platform) })
  }) as ServicesBed
  return bed
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A refusal as `@alicloud/fc2` throws it: its code, and status, request id and message from its text. */
export async function refused(
  promise: Promise<unknown>,
  status: number,
  code: string,
  message?: RegExp,
): Promise<void> {
  const error = await promise.then(
    () => assert.fail('it was not refused'),
    // biome-ignore lint/suspicious/noExplicitAny: an SDK without types
    (thrown: any) => thrown,
  )
  const told = /failed with (\d+)\. requestid: (.*?), message: (.*)\.$/s.exec(error.message)
  assert.ok(told, `not a refusal of the API: ${error.stack}`)
  assert.deepEqual([Number(told[1]), error.code, error.name], [status, code, `FC${code}Error`], told[3])
  assert.match(told[2]!, uuid)
  if (message) assert.match(told[3]!, message)
}

/** A refusal as `@alicloud/fc-open20210406` throws it. */
export async function openRefused(
  promise: Promise<unknown>,
  status: number,
  code: string,
  message?: RegExp,
): Promise<void> {
  const error = await promise.then(
    () => assert.fail('it was not refused'),
    // biome-ignore lint/suspicious/noExplicitAny: an SDK without types
    (thrown: any) => thrown,
  )
  assert.ok(error.data, `not a refusal of the API: ${error.stack}`)
  assert.deepEqual([error.data.statusCode, error.code], [status, code], error.message)
  assert.match(error.data.RequestId, uuid)
  assert.equal(error.data.ErrorCode, code)
  if (message) assert.match(error.data.ErrorMessage, message)
}

export const saying = (text: string): Record<string, string> => ({
  'index.js': `exports.handler = (event, context, callback) => callback(null, ${JSON.stringify(text)})`,
})

/** A function of `nodejs20`, unless told otherwise. */
export async function createIn(
  fc2: Sdk,
  serviceName: string,
  functionName: string,
  files: Parameters<typeof zipOf>[0],
  more: object = {},
): Promise<Sdk> {
  return fc2.createFunction(serviceName, {
    functionName,
    runtime: 'nodejs20',
    handler: 'index.handler',
    memorySize: 256,
    timeout: 10,
    code: { zipFile: await zipOf(files) },
    ...more,
  })
}
