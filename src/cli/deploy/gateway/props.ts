/**
 * The properties of one apigateway resource: checked, filled up with defaults, and turned into the nodes that the
 * management API takes (CloudAPI 2016-07-14; the nodes' names are those of ROS' ALIYUN::ApiGateway::Api, too).
 */
import { z } from 'zod'
import { wordProblems } from '../problems.ts'

export interface GatewayResource {
  /** Its name in the s.yaml. */
  name: string
  region?: string | undefined
  group: { groupName: string; description: string; basePath: string }
  stages: readonly Stage[]
  apps: readonly AppSpec[]
  plugins: readonly PluginSpec[]
  apis: readonly ApiSpec[]
}

export type Stage = (typeof stages)[number]
const stages = ['RELEASE', 'PRE', 'TEST'] as const

export interface AppSpec {
  appName: string
  description: string
  /** Given when it is made and never changed; without them the gateway chooses. */
  appKey?: string | undefined
  appSecret?: string | undefined
  appCode?: string | undefined
}

export interface PluginSpec {
  pluginName: string
  pluginType: string
  description: string
  /** JSON or YAML. */
  pluginData: string
}

export interface ApiSpec {
  apiName: string
  /** The nodes of CreateApi but `ServiceConfig`; complete, so that what was taken out of the file goes back to its default. */
  definition: Readonly<Record<string, unknown>>
  /** `ServiceConfig`; of a function with an HTTP trigger without the URL. */
  service: Readonly<Record<string, unknown>>
  /** Whose URL has to be asked for once the function is there. */
  trigger?: { functionName: string; triggerName: string } | undefined
  /** What stands behind it, in a word or two. */
  backend: string
  plugins: readonly string[]
  apps: readonly string[]
}

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String)
/** As the gateway takes it for groups, APIs, plugins and apps. */
const name = z
  .string()
  .regex(
    /^[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff-]{3,49}$/,
    '4 to 50 letters, digits, _ and -, beginning with a letter',
  )
const place = z.enum(['path', 'query', 'head', 'body'])
const wirePlace = { path: 'PATH', query: 'QUERY', head: 'HEAD', body: 'BODY' } as const

const parameter = z.strictObject({
  name: z.string().min(1),
  in: place,
  type: z
    .enum(['String', 'Int', 'Long', 'Float', 'Double', 'Boolean'])
    .default('String')
    .transform((type) => type.toUpperCase()),
  required: z.boolean().optional(),
  default: text.optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().int().optional(),
  maxLength: z.number().int().optional(),
  pattern: z.string().optional(),
  enum: z.array(text).optional(),
  description: z.string().default(''),
  /** Where the backend gets it, if that is elsewhere. */
  backendName: z.string().min(1).optional(),
  backendIn: place.optional(),
})

const backend = z.strictObject({
  function: z.strictObject({ functionName: z.string().min(1), qualifier: text.default('') }).optional(),
  httpTrigger: z
    .strictObject({
      functionName: z.string().min(1),
      triggerName: z.string().min(1),
      path: z.string().default(''),
      method: z.string().default(''),
    })
    .optional(),
  http: z
    .strictObject({ url: z.string().min(1), path: z.string().default(''), method: z.string().default('') })
    .optional(),
  mock: z
    .strictObject({
      body: z.string().default(''),
      statusCode: z.number().int().default(200),
      headers: z.record(z.string(), text).default({}),
    })
    .optional(),
  roleArn: z.string().default(''),
  timeoutMs: z.number().int().positive().default(10_000),
})

const api = z.strictObject({
  apiName: name,
  description: z.string().default(''),
  visibility: z.enum(['PRIVATE', 'PUBLIC']).default('PRIVATE'),
  path: z.string().startsWith('/'),
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'ANY']).default('GET'),
  protocol: z.string().default('HTTP'),
  requestMode: z.enum(['MAPPING', 'PASSTHROUGH', 'MAPPING_PASSTHROUGH']).default('PASSTHROUGH'),
  bodyFormat: z.enum(['FORM', 'STREAM']).default('STREAM'),
  auth: z.enum(['ANONYMOUS', 'APP', 'OPENID', 'APPOPENID']).default('APP'),
  openIdConnectConfig: z
    .strictObject({
      openIdApiType: z.enum(['IDTOKEN', 'BUSINESS']).default('BUSINESS'),
      idTokenParamName: z.string().default(''),
      publicKeyId: z.string().default(''),
      publicKey: z.string().default(''),
    })
    .optional(),
  appCodeAuthType: z.enum(['DEFAULT', 'DISABLE', 'HEADER', 'HEADER_QUERY']).default('DEFAULT'),
  allowSignatureMethod: z.string().default('HmacSHA256'),
  forceNonceCheck: z.boolean().default(false),
  disableInternet: z.boolean().default(false),
  parameters: z.array(parameter).default([]),
  constants: z.array(z.strictObject({ name: z.string().min(1), in: place, value: text })).default([]),
  systemParameters: z
    .array(z.strictObject({ name: z.string().min(1), backendName: z.string().min(1), backendIn: place }))
    .default([]),
  backend,
  plugins: z.array(z.string()).default([]),
  apps: z.array(z.string()).default([]),
})

const propsSchema = z.strictObject({
  region: z.string().optional(),
  group: z.strictObject({
    groupName: name,
    description: z.string().default(''),
    basePath: z.string().default('/'),
  }),
  stages: z.array(z.enum(stages)).min(1).default(['RELEASE']),
  apps: z
    .array(
      z.strictObject({
        appName: name,
        description: z.string().default(''),
        appKey: z.string().min(1).optional(),
        appSecret: z.string().min(1).optional(),
        appCode: z.string().min(1).optional(),
      }),
    )
    .default([]),
  plugins: z
    .array(
      z.strictObject({
        pluginName: name,
        pluginType: z.string().min(1),
        description: z.string().default(''),
        pluginData: z.union([
          z.string().min(1),
          z.record(z.string(), z.unknown()).transform((data) => JSON.stringify(data)),
        ]),
      }),
    )
    .default([]),
  apis: z.array(api).default([]),
})

type Api = z.output<typeof api>

interface RawProps {
  name: string
  props: unknown
  /** Of the platform, for functions behind APIs. */
  platformRegion: string
  fail: (problem: string) => Error
}

export function readGateway({ name, props: raw, platformRegion, fail }: RawProps): GatewayResource {
  const where = `resources.${name}.props`
  const result = propsSchema.safeParse(raw ?? {})
  if (!result.success) throw fail(wordProblems(result.error, where, propsSchema))
  const { region, group, stages, apps, plugins, apis } = result.data
  refuseTwins(
    apps.map(({ appName }) => appName),
    `${where}.apps`,
    fail,
  )
  refuseTwins(
    plugins.map(({ pluginName }) => pluginName),
    `${where}.plugins`,
    fail,
  )
  refuseTwins(
    apis.map(({ apiName }) => apiName),
    `${where}.apis`,
    fail,
  )
  const typeOf = new Map(plugins.map(({ pluginName, pluginType }) => [pluginName, pluginType]))
  for (const each of apis) {
    const of = `${where}.apis: ${each.apiName}`
    const kinds = (['function', 'httpTrigger', 'http', 'mock'] as const).filter((kind) => each.backend[kind])
    if (kinds.length !== 1) throw fail(`${of}: backend is one of function, httpTrigger, http and mock.`)
    for (const app of each.apps)
      if (apps.every(({ appName }) => appName !== app)) throw fail(`${of}: there is no app ${app} in apps.`)
    const types = each.plugins.map((plugin) => {
      const type = typeOf.get(plugin)
      if (type === undefined) throw fail(`${of}: there is no plugin ${plugin} in plugins.`)
      return type
    })
    const twin = types.find((type, index) => types.indexOf(type) < index)
    if (twin) throw fail(`${of}: two of its plugins are of the type ${twin}; the gateway takes one of each.`)
  }
  return {
    name,
    region,
    group,
    stages: [...new Set(stages)],
    apps,
    plugins,
    apis: apis.map((each) => apiSpec(each, region ?? platformRegion)),
  }
}

function refuseTwins(names: readonly string[], where: string, fail: RawProps['fail']): void {
  const twin = names.find((each, index) => names.indexOf(each) < index)
  if (twin) throw fail(`${where}: two have the name ${twin}.`)
}

function apiSpec(given: Api, region: string): ApiSpec {
  const { httpTrigger } = given.backend
  return {
    apiName: given.apiName,
    definition: definitionOf(given),
    service: serviceOf(given, region),
    trigger: httpTrigger && { functionName: httpTrigger.functionName, triggerName: httpTrigger.triggerName },
    backend: backendWords(given),
    plugins: given.plugins,
    apps: given.apps,
  }
}

const backendWords = ({ backend: { function: event, httpTrigger, http } }: Api): string =>
  event
    ? `function ${event.functionName}`
    : httpTrigger
      ? `function ${httpTrigger.functionName}`
      : (http?.url ?? 'mock')

function definitionOf(given: Api): Record<string, unknown> {
  // A mapping of one parameter alone would leave the others behind: where there is one, all are named.
  const isMapped = given.parameters.some(({ backendName, backendIn }) => backendName ?? backendIn)
  const mapped = isMapped ? given.parameters : []
  return {
    ApiName: given.apiName,
    Description: given.description,
    Visibility: given.visibility,
    AuthType: given.auth,
    AllowSignatureMethod: given.allowSignatureMethod,
    AppCodeAuthType: given.appCodeAuthType,
    ForceNonceCheck: given.forceNonceCheck,
    DisableInternet: given.disableInternet,
    ResultType: 'JSON',
    RequestConfig: {
      RequestProtocol: given.protocol,
      RequestHttpMethod: given.method,
      RequestPath: given.path,
      RequestMode: given.requestMode,
      BodyFormat: given.bodyFormat,
    },
    ...(given.openIdConnectConfig
      ? {
          OpenIdConnectConfig: {
            OpenIdApiType: given.openIdConnectConfig.openIdApiType,
            IdTokenParamName: given.openIdConnectConfig.idTokenParamName,
            PublicKeyId: given.openIdConnectConfig.publicKeyId,
            PublicKey: given.openIdConnectConfig.publicKey,
          },
        }
      : {}),
    RequestParameters: given.parameters.map((each) => ({
      ApiParameterName: each.name,
      Location: wirePlace[each.in],
      ParameterType: each.type,
      Required: (each.required ?? each.in === 'path') ? 'REQUIRED' : 'OPTIONAL',
      DefaultValue: each.default ?? '',
      MinValue: each.minimum,
      MaxValue: each.maximum,
      MinLength: each.minLength,
      MaxLength: each.maxLength,
      RegularExpression: each.pattern ?? '',
      EnumValue: each.enum?.join(',') ?? '',
      Description: each.description,
    })),
    ServiceParameters: mapped.map((each) => ({
      ServiceParameterName: each.backendName ?? each.name,
      Location: wirePlace[each.backendIn ?? each.in],
      ParameterType: each.type,
    })),
    ServiceParametersMap: mapped.map((each) => ({
      ServiceParameterName: each.backendName ?? each.name,
      RequestParameterName: each.name,
    })),
    ConstantParameters: given.constants.map((each) => ({
      ServiceParameterName: each.name,
      ConstantValue: each.value,
      Location: wirePlace[each.in],
    })),
    SystemParameters: given.systemParameters.map((each) => ({
      ParameterName: each.name,
      ServiceParameterName: each.backendName,
      Location: wirePlace[each.backendIn],
    })),
  }
}

function serviceOf({ backend }: Api, region: string): Record<string, unknown> {
  const { function: event, httpTrigger, http, mock, roleArn, timeoutMs } = backend
  const common = { ServiceTimeout: timeoutMs, Mock: mock ? 'TRUE' : 'FALSE' }
  if (event) {
    return {
      ...common,
      ServiceProtocol: 'FunctionCompute',
      FunctionComputeConfig: {
        FcType: 'FCEvent',
        FcVersion: '3.0',
        RegionId: region,
        FunctionName: event.functionName,
        Qualifier: event.qualifier,
        RoleArn: roleArn,
      },
    }
  }
  if (httpTrigger) {
    return {
      ...common,
      ServiceProtocol: 'FunctionCompute',
      FunctionComputeConfig: {
        FcType: 'HttpTrigger',
        FcVersion: '3.0',
        RegionId: region,
        FunctionName: httpTrigger.functionName,
        TriggerName: httpTrigger.triggerName,
        Path: httpTrigger.path,
        Method: httpTrigger.method.toUpperCase(),
        RoleArn: roleArn,
      },
    }
  }
  if (http) {
    return {
      ...common,
      ServiceProtocol: /^https:/i.test(http.url) ? 'HTTPS' : 'HTTP',
      ServiceAddress: http.url,
      ServicePath: http.path,
      ServiceHttpMethod: http.method.toUpperCase(),
    }
  }
  return {
    ...common,
    ServiceProtocol: 'HTTP',
    ServiceAddress: 'http://mock.invalid',
    MockResult: mock?.body ?? '',
    MockStatusCode: mock?.statusCode ?? 200,
    MockHeaders: Object.entries(mock?.headers ?? {}).map(([HeaderName, HeaderValue]) => ({
      HeaderName,
      HeaderValue,
    })),
  }
}
