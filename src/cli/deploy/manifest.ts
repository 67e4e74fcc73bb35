/** Reads an s.yaml into the functions and gateways that it describes. Nothing in it is ignored silently. */
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { CommandFailed } from '../errors.ts'
import { didYouMean } from '../suggest.ts'
import { type GatewayResource, readGateway } from './gateway/props.ts'
import { type FunctionResource, readProps } from './props.ts'
import { resolve, type Scope } from './variables.ts'

export interface ManifestContext {
  /** What messages call the file. */
  fileName: string
  environment: NodeJS.ProcessEnv
  accountId: string | undefined
  region: string
}

export interface Manifest {
  functions: FunctionResource[]
  gateways: GatewayResource[]
}

interface RawResource {
  component?: unknown
  props?: unknown
  actions?: unknown
  extends?: unknown
  [key: string]: unknown
}

const topLevel = ['edition', 'name', 'access', 'vars', 'resources', 'template']
const ofResource = ['component', 'props', 'actions', 'access', 'extends']

export function readManifest(source: string, context: ManifestContext): Manifest {
  const { fileName } = context
  const fail = (problem: string) => new CommandFailed(`${fileName}: ${problem}`)
  const document = parse(source, fileName)

  for (const key of Object.keys(document)) {
    if (!topLevel.includes(key)) throw fail(`${key} is not known here.${didYouMean(key, topLevel)}`)
  }
  const edition = String(document.edition ?? '')
  if (!/^3\./.test(edition)) {
    throw fail(`edition is ${edition || 'missing'}; this reads edition: 3.0.0 (component fc3).`)
  }
  const resources = mapping(document.resources, fail, 'resources') as Record<string, RawResource>
  if (Object.keys(resources).length === 0) throw fail('resources is empty: there is nothing to deploy.')
  const templates = mapping(document.template ?? {}, fail, 'template')

  const extended = Object.fromEntries(
    Object.entries(resources).map(([name, resource]) => {
      const raw = mapping(resource, fail, `resources.${name}`) as RawResource
      return [name, { ...raw, props: withTemplate(raw, templates, `resources.${name}`, fail) }]
    }),
  )
  const scope: Scope = {
    vars: mapping(document.vars ?? {}, fail, 'vars'),
    resources: extended,
    environment: context.environment,
    accountId: context.accountId,
    region: context.region,
  }
  const manifest: Manifest = { functions: [], gateways: [] }
  for (const [name, resource] of Object.entries(extended)) {
    const where = `resources.${name}`
    for (const key of Object.keys(resource)) {
      if (!ofResource.includes(key)) throw fail(`${where}.${key} is not known.${didYouMean(key, ofResource)}`)
    }
    const component = componentOf(resource.component)
    if (component === undefined) {
      throw fail(
        `${where}.component is ${resource.component ?? 'missing'}; ${components.join(' and ')} can be deployed.`,
      )
    }
    const ownScope = { ...scope, resource: name }
    const props = resolve(resource.props, ownScope, `${fileName}: ${where}.props`)
    const actions = resolve(resource.actions ?? {}, ownScope, `${fileName}: ${where}.actions`)
    if (component === 'fc3') manifest.functions.push(readProps({ name, props, actions, fail }))
    else {
      if (resource.actions !== undefined) throw fail(`${where}.actions: only those of functions are run.`)
      manifest.gateways.push(readGateway({ name, props, platformRegion: context.region, fail }))
    }
  }
  refuseTwins(manifest.functions, ({ functionName }) => functionName, 'functionName', fail)
  refuseTwins(manifest.gateways, ({ group }) => group.groupName, 'groupName', fail)
  return manifest
}

const components = ['fc3', 'apigateway'] as const

/** Also with the name of its publisher and a version: `devsapp/fc3@0.1.2`. */
const componentOf = (given: unknown): (typeof components)[number] | undefined => {
  const plain = /^(?:devsapp\/)?(\w+)(?:@[\w.]+)?$/.exec(String(given))?.[1]
  return components.find((component) => component === plain)
}

function parse(source: string, fileName: string): Record<string, unknown> {
  const lineCounter = new LineCounter()
  const document = parseDocument(source, { lineCounter, prettyErrors: false, merge: true })
  const [error] = document.errors
  if (error) {
    const { line, col } = lineCounter.linePos(error.pos[0])
    throw new CommandFailed(`${fileName}, line ${line}, column ${col}: ${error.message}`)
  }
  if (!isMap(document.contents)) {
    const found = isScalar(document.contents) ? 'a single value' : 'nothing usable'
    throw new CommandFailed(`${fileName} holds ${found}; it should begin with edition: 3.0.0`)
  }
  return document.toJS({ maxAliasCount: 1000 })
}

/** `extends: { name: x }` puts the properties of `template.x` under those of the resource. */
function withTemplate(
  resource: RawResource,
  templates: Record<string, unknown>,
  where: string,
  fail: (problem: string) => Error,
): unknown {
  if (resource.extends === undefined) return resource.props
  const { name, ...others } = mapping(resource.extends, fail, `${where}.extends`)
  const template = templates[String(name)]
  if (template === undefined) throw fail(`${where}.extends: there is no template ${name}.`)
  if (Object.keys(others).length > 0) {
    throw fail(`${where}.extends.${Object.keys(others)[0]} is not supported; name is.`)
  }
  return merged(template, resource.props)
}

function merged(under: unknown, over: unknown): unknown {
  if (!isPlainObject(under) || !isPlainObject(over)) return over ?? under
  const result: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) result[key] = merged(under[key], value)
  return result
}

function refuseTwins<Resource extends { name: string }>(
  resources: readonly Resource[],
  keyOf: (resource: Resource) => string,
  what: string,
  fail: (problem: string) => Error,
): void {
  const seen = new Map<string, string>()
  for (const resource of resources) {
    const twin = seen.get(keyOf(resource))
    if (twin !== undefined)
      throw fail(`resources ${twin} and ${resource.name} have the same ${what} ${keyOf(resource)}.`)
    seen.set(keyOf(resource), resource.name)
  }
}

function mapping(value: unknown, fail: (problem: string) => Error, where: string): Record<string, unknown> {
  if (isPlainObject(value)) return value
  throw fail(`${where} is ${value === undefined ? 'missing' : 'not a mapping'}.`)
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
