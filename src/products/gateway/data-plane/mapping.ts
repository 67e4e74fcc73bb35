/**
 * From the parameters of a request to those of the backend: checked, renamed, put elsewhere, with constants and what the
 * gateway itself knows.
 */
import { hopByHopFields } from '../../../lib/http-syntax.ts'
import { linearMatch } from '../../../lib/linear-regexp.ts'
import type { ApiDefinition, RequestParameter } from '../definition/definition.ts'
import type { Location, systemParameterNames } from '../definition/nodes.ts'
import { invalidParameter, invalidPath, parameterRequired } from './refusals.ts'
import { type GatewayRequest, headerOf } from './request.ts'

export type SystemParameterName = (typeof systemParameterNames)[number]

export interface Mapping {
  /** Whether what no parameter names goes on, too. */
  passesUnknown: boolean
  /** The body goes on as it came. */
  isBodyRaw: boolean
  inputs: readonly Input[]
  /** With fixed values. */
  constants: readonly (Target & { value: string })[]
  system: readonly (Target & { from: SystemParameterName })[]
  /** Lower case: what is named as an input is not passed on as unknown. */
  known: { headers: ReadonlySet<string>; query: ReadonlySet<string>; form: ReadonlySet<string> }
}

interface Input {
  parameter: RequestParameter
  /** Anchored; undefined: anything. */
  pattern: string | undefined
  values: ReadonlySet<string> | undefined
  targets: readonly Target[]
}

interface Target {
  location: Location
  name: string
}

/** What the backend is sent. Names and values are decoded, headers as they travel. */
export interface MappedRequest {
  path: Map<string, string>
  query: [string, string][]
  /** Alternating names and values. */
  headers: string[]
  /** Undefined: the body is the one that came. */
  form: [string, string][] | undefined
}

export function mappingOf(definition: ApiDefinition): Mapping {
  const { requestConfig, requestParameters, serviceParameters, serviceParametersMap } = definition
  const isPassThrough = requestConfig.RequestMode === 'PASSTHROUGH'
  const placeOf = new Map(serviceParameters.map((each) => [each.ServiceParameterName, each.Location]))
  const namesIn = (location: Location) =>
    new Set(
      requestParameters
        .filter((each) => each.Location === location)
        .map((each) => (location === 'HEAD' ? each.ApiParameterName.toLowerCase() : each.ApiParameterName)),
    )
  return {
    passesUnknown: requestConfig.RequestMode !== 'MAPPING',
    isBodyRaw: isPassThrough || requestConfig.BodyFormat === 'STREAM',
    inputs: requestParameters.map((parameter): Input => {
      const { ApiParameterName: name, Location: location, RegularExpression: pattern } = parameter
      const named = serviceParametersMap.filter((each) => each.RequestParameterName === name)
      // Without a map every parameter goes on under its own name.
      const targets =
        serviceParametersMap.length === 0 || isPassThrough
          ? [{ name, location: placeOf.get(name) ?? location }]
          : named.map(({ ServiceParameterName }) => ({
              name: ServiceParameterName,
              location: placeOf.get(ServiceParameterName) ?? location,
            }))
      return {
        parameter,
        pattern: pattern === '' ? undefined : `^(?:${pattern})$`,
        values:
          parameter.EnumValue === ''
            ? undefined
            : new Set(parameter.EnumValue.split(',').map((each) => each.trim())),
        targets,
      }
    }),
    constants: definition.constantParameters.map((each) => ({
      location: each.Location,
      name: each.ServiceParameterName,
      value: each.ConstantValue,
    })),
    system: definition.systemParameters.map((each) => ({
      location: each.Location,
      name: each.ServiceParameterName,
      from: each.ParameterName,
    })),
    known: { headers: namesIn('HEAD'), query: namesIn('QUERY'), form: namesIn('BODY') },
  }
}

/** Throws `ApiError`. */
export function mapped(
  { passesUnknown, isBodyRaw, inputs, constants, system, known }: Mapping,
  request: GatewayRequest,
  path: ReadonlyMap<string, string>,
  systemValue: (name: SystemParameterName) => string | undefined,
): MappedRequest {
  const into: MappedRequest = {
    path: new Map(path),
    query: [],
    headers: [],
    form: request.form && !isBodyRaw ? [] : undefined,
  }
  for (const { parameter, pattern, values, targets } of inputs) {
    for (const value of checkedValues(parameter, pattern, values, request, path))
      for (const target of targets) put(into, target, value)
  }
  if (passesUnknown) passUnknown(into, request, known)
  for (const target of constants) put(into, target, target.value)
  for (const target of system) {
    const value = systemValue(target.from)
    if (value !== undefined) put(into, target, value)
  }
  return into
}

function put(into: MappedRequest, { location, name }: Target, value: string): void {
  switch (location) {
    case 'PATH':
      // By these the path would lead elsewhere at the backend.
      if (value === '.' || value === '..') throw invalidPath(value)
      into.path.set(name, value)
      return
    case 'QUERY':
      into.query.push([name, value])
      return
    case 'HEAD':
      into.headers.push(name, headerText(value))
      return
    case 'BODY':
      // A body that goes on as it came has no place for more.
      into.form?.push([name, value])
  }
}

/** As headers travel here: one character a byte, and none that ends a line. */
const headerText = (value: string): string =>
  Buffer.from(value.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, ' ')).toString('latin1')

function checkedValues(
  parameter: RequestParameter,
  pattern: string | undefined,
  allowed: ReadonlySet<string> | undefined,
  request: GatewayRequest,
  path: ReadonlyMap<string, string>,
): string[] {
  const { ApiParameterName: name } = parameter
  const given = valuesOf(parameter, request, path)
  if (given.length === 0) {
    if (parameter.DefaultValue !== '') return [parameter.DefaultValue]
    if (parameter.Required === 'REQUIRED') throw parameterRequired(name)
    return []
  }
  for (const value of given) {
    const reason = whyNot(parameter, pattern, allowed, value)
    if (reason !== undefined) throw invalidParameter(name, reason)
  }
  return given
}

function valuesOf(
  { ApiParameterName: name, Location, ParameterType }: RequestParameter,
  request: GatewayRequest,
  path: ReadonlyMap<string, string>,
): string[] {
  const all = ((): string[] => {
    switch (Location) {
      case 'PATH':
        return path.has(name) ? [path.get(name)!] : []
      case 'QUERY':
        return request.query.getAll(name)
      case 'BODY':
        return request.form?.getAll(name) ?? []
      case 'HEAD': {
        const value = headerOf(request, name.toLowerCase())
        return value === undefined ? [] : [Buffer.from(value, 'latin1').toString('utf8')]
      }
    }
  })()
  return ParameterType === 'ARRAY' ? all : all.slice(0, 1)
}

const ranges = {
  INT: [-(2n ** 31n), 2n ** 31n - 1n],
  INTEGER: [-(2n ** 31n), 2n ** 31n - 1n],
  LONG: [-(2n ** 63n), 2n ** 63n - 1n],
} as const

/** In words; undefined: nothing is wrong with it. */
function whyNot(
  parameter: RequestParameter,
  pattern: string | undefined,
  allowed: ReadonlySet<string> | undefined,
  value: string,
): string | undefined {
  const { ParameterType: type, MinValue, MaxValue, MinLength, MaxLength } = parameter
  switch (type) {
    case 'INT':
    case 'INTEGER':
    case 'LONG': {
      if (!/^[+-]?\d{1,20}$/.test(value)) return 'is not a number'
      const [min, max] = ranges[type]
      if (BigInt(value.replace('+', '')) < min || BigInt(value.replace('+', '')) > max)
        return 'is out of range'
      break
    }
    case 'FLOAT':
    case 'DOUBLE':
      if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(value)) return 'is not a number'
      break
    case 'BOOLEAN':
      return /^(true|false)$/i.test(value) ? undefined : 'is not a boolean'
  }
  if (type !== 'STRING' && type !== 'ARRAY') {
    if (MinValue !== undefined && Number(value) < MinValue) return `is less than ${MinValue}`
    if (MaxValue !== undefined && Number(value) > MaxValue) return `is greater than ${MaxValue}`
  } else {
    if (MinLength !== undefined && value.length < MinLength) return `is shorter than ${MinLength}`
    if (MaxLength !== undefined && value.length > MaxLength) return `is longer than ${MaxLength}`
    if (pattern !== undefined && !linearMatch(pattern, value)) return 'does not match the regular expression'
  }
  if (allowed && !allowed.has(value)) return 'is not one of the values that are allowed'
  return undefined
}

/** What leads here and is not for the backend: how the connection is framed, and who called. */
const notPassed: ReadonlySet<string> = new Set([
  ...hopByHopFields,
  'host',
  'content-length',
  'expect',
  'x-ca-key',
  'x-ca-signature',
  'x-ca-signature-headers',
  'x-ca-signature-method',
  'x-ca-nonce',
  'x-ca-timestamp',
  'x-ca-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
])
/** The gateway's word to its backends. */
const isOurs = (lower: string): boolean => lower.startsWith('x-ca-proxy-')

function passUnknown(into: MappedRequest, request: GatewayRequest, known: Mapping['known']): void {
  const { rawHeaders, headers } = request.message
  const hops = (headers.connection ?? '').split(',').map((token) => token.trim().toLowerCase())
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const lower = rawHeaders[index]!.toLowerCase()
    if (known.headers.has(lower) || notPassed.has(lower) || isOurs(lower) || hops.includes(lower)) continue
    // A code is a secret between the app and the gateway.
    if (lower === 'authorization' && /^appcode /i.test(rawHeaders[index + 1]!)) continue
    into.headers.push(rawHeaders[index]!, rawHeaders[index + 1]!)
  }
  for (const [name, value] of request.query)
    if (!known.query.has(name) && name.toLowerCase() !== 'appcode') into.query.push([name, value])
  if (into.form && request.form)
    for (const [name, value] of request.form) if (!known.form.has(name)) into.form.push([name, value])
}
