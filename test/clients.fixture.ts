/** The vendor's own SDKs, pointed at a running platform as a user would. */
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import type { Platform } from './platform.fixture.ts'

const require = createRequire(import.meta.url)
const fc3 = require('@alicloud/fc20230330')
const { $OpenApiUtil } = require('@alicloud/openapi-core')
const Fc2 = require('@alicloud/fc2')
const fcOpen = require('@alicloud/fc-open20210406')
/** What that SDK itself is made with. */
const requireOfOpen = createRequire(require.resolve('@alicloud/fc-open20210406'))
const openApi = requireOfOpen('@alicloud/openapi-client')

/** `@alicloud/fc20230330`: client and its request models. The SDK has no usable types under ES modules. */
// biome-ignore lint/suspicious/noExplicitAny: an SDK without types
export type Sdk = any
export const models: Sdk = fc3

export function fc3Client(
  {
    accessKeyId,
    accessKeySecret,
    region,
    endpoints,
  }: Pick<Platform, 'accessKeyId' | 'accessKeySecret' | 'region' | 'endpoints'>,
  more: object = {},
): Sdk {
  const { host } = new URL(endpoints.fc)
  return new fc3.default(
    new $OpenApiUtil.Config({
      accessKeyId,
      accessKeySecret,
      endpoint: host,
      protocol: 'http',
      regionId: region,
      readTimeout: 120_000,
      ...more,
    }),
  )
}

export const fc2Client = ({ accountId, accessKeyId, accessKeySecret, region, endpoints }: Platform): Sdk =>
  new Fc2(accountId, { accessKeyID: accessKeyId, accessKeySecret, region, endpoint: endpoints.fc })

/** `@alicloud/fc-open20210406`: client and models. */
export const openModels: Sdk = fcOpen
export const openOptions: Sdk = new (requireOfOpen('@alicloud/tea-util').RuntimeOptions)({})

export function fcOpenClient({ accessKeyId, accessKeySecret, region, endpoints }: Platform): Sdk {
  const { host } = new URL(endpoints.fc)
  return new fcOpen.default(
    new openApi.Config({
      accessKeyId,
      accessKeySecret,
      endpoint: host,
      protocol: 'http',
      regionId: region,
      readTimeout: 120_000,
      connectTimeout: 60_000,
    }),
  )
}

/** A ZIP with these files, base64, as `code.zipFile` takes it. */
export async function zipOf(
  files: Record<string, string | Buffer | { content: string | Buffer; mode: number }>,
): Promise<string> {
  const zip = new ZipFile()
  for (const [name, file] of Object.entries(files)) {
    const { content, mode } =
      typeof file === 'string' || Buffer.isBuffer(file) ? { content: file, mode: 0o100644 } : file
    zip.addBuffer(Buffer.from(content as string), name, { mode })
  }
  zip.end()
  const chunks: Buffer[] = []
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('base64')
}

export interface FunctionOptions {
  functionName: string
  files: Parameters<typeof zipOf>[0]
  [field: string]: unknown
}

/** Creates a function of `nodejs20` unless told otherwise. */
export async function createFunction(
  client: Sdk,
  { functionName, files, ...fields }: FunctionOptions,
): Promise<Sdk> {
  const input = new models.CreateFunctionInput({
    functionName,
    runtime: 'nodejs20',
    handler: 'index.handler',
    memorySize: 512,
    cpu: 0.5,
    timeout: 10,
    code: new models.InputCodeLocation({ zipFile: await zipOf(files) }),
    ...fields,
  })
  return client.createFunction(new models.CreateFunctionRequest({ body: input }))
}

export interface Answer {
  statusCode: number
  headers: Record<string, string>
  body: string
  bytes: Buffer
}

export async function invoke(
  client: Sdk,
  functionName: string,
  event: string | Buffer = '',
  {
    qualifier,
    ...headers
  }: {
    qualifier?: string
    xFcInvocationType?: string
    xFcLogType?: string
    xFcAsyncTaskId?: string
    commonHeaders?: Record<string, string>
  } = {},
): Promise<Answer> {
  const answer = await client.invokeFunctionWithOptions(
    functionName,
    new models.InvokeFunctionRequest({ qualifier, body: Readable.from([Buffer.from(event as string)]) }),
    new models.InvokeFunctionHeaders(headers),
    {},
  )
  const chunks: Buffer[] = []
  for await (const chunk of answer.body) chunks.push(Buffer.from(chunk))
  const bytes = Buffer.concat(chunks)
  return { statusCode: answer.statusCode, headers: answer.headers, bytes, body: bytes.toString() }
}

/** An HTTP trigger for a function, and its URL by path. */
export async function httpTrigger(
  client: Sdk,
  platform: Platform,
  functionName: string,
  config: object = {},
): Promise<string> {
  await client.createTrigger(
    functionName,
    new models.CreateTriggerRequest({
      body: new models.CreateTriggerInput({
        triggerName: 'http',
        triggerType: 'http',
        triggerConfig: JSON.stringify({
          authType: 'anonymous',
          methods: ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'],
          ...config,
        }),
      }),
    }),
  )
  return `${platform.endpoints.edge}/proxy/${functionName}`
}
