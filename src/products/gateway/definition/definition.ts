/** How an API is defined: read from the parameters of CreateApi and ModifyApi, checked, and kept as the vendor spells it. */

import { z } from 'zod'
import { tokenName } from '../../../lib/http-syntax.ts'
import { linearRegExpProblem } from '../../../lib/linear-regexp.ts'
import { InvalidJwtConfig } from '../../../wire/jwt/jwt-config.ts'
import { invalid, notImplemented, wronglyFormatted } from '../errors.ts'
import type { Parameters } from '../parameters.ts'
import {
  canonical,
  constantParameter,
  errorCodeSample,
  openIdConnectConfig,
  requestConfig,
  requestParameter,
  serviceConfig,
  serviceParameter,
  serviceParameterMap,
  systemParameter,
} from './nodes.ts'
import { checkPathTemplate, parametersIn } from './path-template.ts'
import { publicKeysOf } from './public-keys.ts'

/** Of one node: a definition of a thousand parameters is a mistake. */
const NODE_TEXT_MAX = 128 * 1024
const LIST_MAX = 200

export interface ApiDefinition {
  apiName: string
  description: string
  visibility: 'PUBLIC' | 'PRIVATE'
  authType: 'APP' | 'ANONYMOUS' | 'APPOPENID' | 'OPENID'
  requestConfig: z.output<typeof requestConfig>
  serviceConfig: z.output<typeof serviceConfig>
  requestParameters: readonly RequestParameter[]
  serviceParameters: readonly z.output<typeof serviceParameter>[]
  serviceParametersMap: readonly z.output<typeof serviceParameterMap>[]
  constantParameters: readonly z.output<typeof constantParameter>[]
  systemParameters: readonly z.output<typeof systemParameter>[]
  resultType: string
  resultSample: string
  failResultSample: string
  resultBodyModel: string
  errorCodeSamples: readonly z.output<typeof errorCodeSample>[]
  openIdConnectConfig?: z.output<typeof openIdConnectConfig>
  allowSignatureMethods: readonly ('HmacSHA256' | 'HmacSHA1')[]
  appCodeAuthType: 'DEFAULT' | 'DISABLE' | 'HEADER' | 'HEADER_QUERY'
  forceNonceCheck: boolean
  disableInternet: boolean
}

export type RequestParameter = z.output<typeof requestParameter>
export type ServiceConfig = z.output<typeof serviceConfig>

/** Throws `ApiError`. `before`: what stays as it is where a parameter is not given. */
export function readDefinition(parameters: Parameters, before?: ApiDefinition): ApiDefinition {
  const kept = <Field extends keyof ApiDefinition>(
    wire: string,
    field: Field,
    read: (text: string) => ApiDefinition[Field],
    fallback: ApiDefinition[Field] | undefined,
  ): ApiDefinition[Field] => {
    const given = parameters.optional(wire)
    if (given !== undefined) return read(given)
    const value = before ? before[field] : fallback
    return value === undefined ? read(parameters.required(wire)) : value
  }
  const list = <Schema extends z.ZodType>(wire: string, schema: Schema) => {
    const whole = z.array(schema).max(LIST_MAX)
    return (text: string) => readNode(wire, text, whole) as z.output<Schema>[]
  }
  const oneOf =
    <const Value extends string>(wire: string, values: readonly Value[]) =>
    (text: string): Value =>
      values.find((value) => value === text.toUpperCase()) ??
      (() => {
        throw invalid(wire, `It is none of ${values.join(', ')}.`)
      })()
  const textOf = (wire: string, max: number) => (text: string) => {
    if (text.length > max) throw invalid(wire, `It has more than ${max} characters.`)
    return text
  }
  checkNotBuilt(parameters)
  const openIdText = parameters.optional('OpenIdConnectConfig')
  const openId =
    openIdText === undefined
      ? before?.openIdConnectConfig
      : readNode('OpenIdConnectConfig', openIdText, openIdConnectConfig)
  const definition: ApiDefinition = {
    apiName: kept('ApiName', 'apiName', checkApiName, undefined),
    description: kept('Description', 'description', textOf('Description', 180), ''),
    visibility: kept('Visibility', 'visibility', oneOf('Visibility', ['PUBLIC', 'PRIVATE']), 'PRIVATE'),
    authType: kept(
      'AuthType',
      'authType',
      oneOf('AuthType', ['APP', 'ANONYMOUS', 'APPOPENID', 'OPENID']),
      'APP',
    ),
    requestConfig: kept(
      'RequestConfig',
      'requestConfig',
      (text) => readNode('RequestConfig', text, requestConfig),
      undefined,
    ),
    serviceConfig: kept(
      'ServiceConfig',
      'serviceConfig',
      (text) => readNode('ServiceConfig', text, serviceConfig),
      undefined,
    ),
    requestParameters: kept(
      'RequestParameters',
      'requestParameters',
      list('RequestParameters', requestParameter),
      [],
    ),
    serviceParameters: kept(
      'ServiceParameters',
      'serviceParameters',
      list('ServiceParameters', serviceParameter),
      [],
    ),
    serviceParametersMap: kept(
      'ServiceParametersMap',
      'serviceParametersMap',
      list('ServiceParametersMap', serviceParameterMap),
      [],
    ),
    constantParameters: kept(
      'ConstantParameters',
      'constantParameters',
      list('ConstantParameters', constantParameter),
      [],
    ),
    systemParameters: kept(
      'SystemParameters',
      'systemParameters',
      list('SystemParameters', systemParameter),
      [],
    ),
    resultType: kept('ResultType', 'resultType', textOf('ResultType', 32), 'JSON'),
    resultSample: kept('ResultSample', 'resultSample', textOf('ResultSample', 65_536), ''),
    failResultSample: kept('FailResultSample', 'failResultSample', textOf('FailResultSample', 65_536), ''),
    resultBodyModel: kept('ResultBodyModel', 'resultBodyModel', textOf('ResultBodyModel', 65_536), ''),
    errorCodeSamples: kept(
      'ErrorCodeSamples',
      'errorCodeSamples',
      list('ErrorCodeSamples', errorCodeSample),
      [],
    ),
    allowSignatureMethods: kept('AllowSignatureMethod', 'allowSignatureMethods', readSignatureMethods, [
      'HmacSHA256',
    ]),
    appCodeAuthType: kept(
      'AppCodeAuthType',
      'appCodeAuthType',
      oneOf('AppCodeAuthType', ['DEFAULT', 'DISABLE', 'HEADER', 'HEADER_QUERY']),
      'DEFAULT',
    ),
    forceNonceCheck: kept('ForceNonceCheck', 'forceNonceCheck', (text) => text === 'true', false),
    disableInternet: kept('DisableInternet', 'disableInternet', (text) => text === 'true', false),
    ...(openId === undefined ? {} : { openIdConnectConfig: openId }),
  }
  checkDefinition(definition)
  return definition
}

/** Reads a JSON document. Throws `InvalidFormat…`. */
export function readNode<Schema extends z.ZodType>(
  wire: string,
  text: string,
  schema: Schema,
): z.output<Schema> {
  if (text.length > NODE_TEXT_MAX) throw invalid(wire, `It has more than ${NODE_TEXT_MAX} characters.`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw wronglyFormatted(wire, 'It is no JSON.')
  }
  const read = schema.safeParse(canonical(schema, value))
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw wronglyFormatted(wire, `${issue?.path.map(String).join('.')}: ${issue?.message}`)
}

export function checkApiName(apiName: string): string {
  if (!/^[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]{3,49}$/.test(apiName))
    throw invalid('ApiName', 'It has 4 to 50 letters, digits and underscores, and begins with a letter.')
  return apiName
}

function readSignatureMethods(text: string): ('HmacSHA256' | 'HmacSHA1')[] {
  return text.split(',').map((method) => {
    if (method !== 'HmacSHA256' && method !== 'HmacSHA1') throw invalid('AllowSignatureMethod')
    return method
  })
}

function checkNotBuilt(parameters: Parameters): void {
  const kind = parameters.optional('WebSocketApiType') ?? 'COMMON'
  if (kind !== 'COMMON') throw notImplemented(`an API of the type '${kind}'`)
  if (parameters.optional('BackendEnable') === 'true') throw notImplemented('BackendEnable')
}

/** What the parts of a definition say about each other. */
function checkDefinition(definition: ApiDefinition): void {
  const { requestConfig, requestParameters, authType, openIdConnectConfig } = definition
  checkPathTemplate('RequestConfig', requestConfig.RequestPath)
  for (const protocol of requestConfig.RequestProtocol.split(',')) {
    if (protocol === 'WS' || protocol === 'WSS') throw notImplemented('APIs by WebSocket')
    if (protocol !== 'HTTP' && protocol !== 'HTTPS') throw invalid('RequestConfig', `'${protocol}'`)
  }
  const names = new Set<string>()
  for (const parameter of requestParameters) {
    const place = `${parameter.Location}:${parameter.ApiParameterName}`
    if (names.has(place)) throw invalid('RequestParameters', `'${parameter.ApiParameterName}' comes twice.`)
    names.add(place)
    if (parameter.JsonScheme !== '') throw notImplemented('JsonScheme of a parameter')
    if (parameter.ParameterType === 'FILE') throw notImplemented('parameters of the type File')
    const problem =
      parameter.RegularExpression === '' ? undefined : linearRegExpProblem(parameter.RegularExpression)
    if (problem !== undefined)
      throw invalid('RequestParameters', `RegularExpression of '${parameter.ApiParameterName}': ${problem}.`)
  }
  checkHeaderNames(definition)
  const inPath = parametersIn(requestConfig.RequestPath)
  for (const { ApiParameterName: name, Location } of requestParameters) {
    if (Location === 'PATH' && !inPath.includes(name))
      throw invalid('RequestParameters', `'${name}' is not in the path ${requestConfig.RequestPath}.`)
  }
  if (authType === 'OPENID' || authType === 'APPOPENID') {
    checkOpenId(authType, openIdConnectConfig)
  }
  checkBackend(definition)
}

/** How the connection is framed, and where it leads, is not for a parameter to say. */
const FRAMING =
  /^(host|connection|content-length|transfer-encoding|keep-alive|te|trailer|upgrade|expect|proxy-.*)$/i

function checkHeaderNames(definition: ApiDefinition): void {
  const { serviceParameters, serviceParametersMap, requestParameters } = definition
  const placed = [
    ...serviceParameters,
    ...definition.constantParameters,
    ...definition.systemParameters,
    ...requestParameters.map((each) => ({
      ServiceParameterName: each.ApiParameterName,
      Location: each.Location,
    })),
    // Where only the map names a parameter of the backend, it is where that of the request is.
    ...serviceParametersMap
      .filter((each) =>
        serviceParameters.every((other) => other.ServiceParameterName !== each.ServiceParameterName),
      )
      .map(({ ServiceParameterName, RequestParameterName }) => ({
        ServiceParameterName,
        Location: requestParameters.find((each) => each.ApiParameterName === RequestParameterName)?.Location,
      })),
  ]
  for (const { ServiceParameterName: name, Location } of placed)
    if (Location === 'HEAD' && (!tokenName.test(name) || FRAMING.test(name)))
      throw invalid('RequestParameters', `'${name}' can be no header.`)
  for (const { HeaderName } of definition.serviceConfig.MockHeaders)
    if (!tokenName.test(HeaderName) || FRAMING.test(HeaderName))
      throw invalid('ServiceConfig', `'${HeaderName}' can be no header.`)
}

function checkOpenId(authType: string, config: ApiDefinition['openIdConnectConfig']): void {
  if (!config) throw invalid('OpenIdConnectConfig', `The AuthType ${authType} needs it.`)
  if (config.OpenIdApiType !== 'BUSINESS') return
  if (config.IdTokenParamName === '') throw invalid('OpenIdConnectConfig', 'IdTokenParamName is missing.')
  try {
    publicKeysOf(config)
  } catch (error) {
    if (error instanceof InvalidJwtConfig)
      throw invalid('OpenIdConnectConfig', `PublicKey: ${error.message}.`)
    throw error
  }
}

function checkBackend({ serviceConfig }: ApiDefinition): void {
  const { ServiceProtocol: protocol, FunctionComputeConfig: config } = serviceConfig
  if (serviceConfig.Mock) return
  if (serviceConfig.ServiceVpcEnable) throw notImplemented('backends in a VPC')
  if (protocol === 'FUNCTIONCOMPUTE') {
    if (!config) throw invalid('ServiceConfig', 'FunctionComputeConfig is missing.')
    if (config.FcType === 'FCEvent' && config.FunctionName === '')
      throw invalid('ServiceConfig', 'FunctionComputeConfig.FunctionName is missing.')
    if (config.FcType === 'HttpTrigger') {
      if (!URL.canParse(config.FcBaseUrl))
        throw invalid('ServiceConfig', 'FunctionComputeConfig.FcBaseUrl is no URL.')
      if (config.Path !== '') checkPathTemplate('ServiceConfig', config.Path)
    }
    return
  }
  if (protocol !== 'HTTP' && protocol !== 'HTTPS') throw notImplemented(`the ServiceProtocol '${protocol}'`)
  const address = serviceConfig.ServiceAddress
  if (!/^https?:\/\/[^/?#@]+\/?[^?#]*$/i.test(address) || !URL.canParse(address))
    throw invalid('ServiceConfig', 'ServiceAddress is no address by HTTP or HTTPS.')
  if (serviceConfig.ServicePath !== '') checkPathTemplate('ServiceConfig', serviceConfig.ServicePath)
}
