/** Compares an apigateway resource with what the gateway has: what has to be done, as data. Pure. */
import { CommandFailed } from '../../errors.ts'
import { type Change, isSame } from '../plan.ts'
import type { ApiSpec, AppSpec, GatewayResource, PluginSpec, Stage } from './props.ts'
import { type Document, listIn, type RemoteApi, type RemoteGateway, type Tie } from './remote.ts'

export type Step<Wanted> =
  | { step: 'create'; wanted: Wanted }
  | { step: 'update'; wanted: Wanted; id: string; changes: Change[] }
  | { step: 'none'; wanted: Wanted; id: string }

export interface ApiPlan {
  apiName: string
  api: Step<ApiSpec> | { step: 'remove'; id: string }
  deploy: Stage[]
  abolish: string[]
  attach: Tie[]
  detach: Tie[]
  authorize: Tie[]
  revoke: Tie[]
}

export interface GatewayPlan {
  group: Step<GatewayResource['group']>
  apps: Step<AppSpec>[]
  plugins: Step<PluginSpec>[]
  apis: ApiPlan[]
  /** There, not in the file, and left alone because --prune was not given. */
  leftAlone: string[]
}

interface PlanInput {
  wanted: GatewayResource
  remote: RemoteGateway
  /** URLs of the HTTP triggers behind APIs, by `function/trigger`; none of one that is not there yet. */
  triggerUrls: ReadonlyMap<string, string>
  prune: boolean
}

export function planGateway({ wanted, remote, triggerUrls, prune }: PlanInput): GatewayPlan {
  const leftAlone: string[] = []
  const apis = wanted.apis.map((api) => apiPlan(api, { wanted, remote, triggerUrls, prune, leftAlone }))
  for (const { apiId, apiName, deployed } of remote.apis) {
    if (wanted.apis.some((api) => api.apiName === apiName)) continue
    if (!prune) {
      leftAlone.push(`api ${apiName}`)
      continue
    }
    const nothing = { deploy: [], attach: [], detach: [], authorize: [], revoke: [] }
    apis.push({ apiName, api: { step: 'remove', id: apiId }, abolish: [...deployed.keys()], ...nothing })
  }
  return {
    group: stepFor(wanted.group, remote.group, 'GroupId', {
      GroupName: wanted.group.groupName,
      Description: wanted.group.description,
      BasePath: wanted.group.basePath,
    }),
    apps: wanted.apps.map((app) =>
      stepFor(app, remote.apps.get(app.appName), 'AppId', { Description: app.description }),
    ),
    plugins: wanted.plugins.map((plugin) => pluginStep(plugin, remote.plugins.get(plugin.pluginName))),
    apis,
    leftAlone,
  }
}

export const isGatewayUnchanged = ({ group, apps, plugins, apis }: GatewayPlan): boolean =>
  [group, ...apps, ...plugins].every(({ step }) => step === 'none') && apis.every(isApiUnchanged)

export const isApiUnchanged = ({
  api,
  deploy,
  abolish,
  attach,
  detach,
  authorize,
  revoke,
}: ApiPlan): boolean =>
  api.step === 'none' &&
  [deploy, abolish, attach, detach, authorize, revoke].every(({ length }) => length === 0)

export const triggerKey = ({ functionName, triggerName }: { functionName: string; triggerName: string }) =>
  `${functionName}/${triggerName}`

/** `ServiceConfig` as it is sent; the URL of a trigger that is not there yet is missing in it. */
export function serviceConfigOf(api: ApiSpec, triggerUrls: ReadonlyMap<string, string>): Document {
  const { FunctionComputeConfig: config, ...service } = api.service
  if (!config) return service
  const url = api.trigger && triggerUrls.get(triggerKey(api.trigger))
  return {
    ...service,
    FunctionComputeConfig: { ...config, ...(url === undefined ? {} : { FcBaseUrl: url }) },
  }
}

function stepFor<Wanted>(
  wanted: Wanted,
  there: Document | undefined,
  idField: string,
  fields: Document,
): Step<Wanted> {
  if (!there) return { step: 'create', wanted }
  const changes = Object.entries(fields)
    .filter(([field, to]) => !isSame(there[field], to))
    .map(([field, to]) => ({ field: lowerFirst(field), from: there[field], to }))
  const id = String(there[idField])
  return changes.length === 0 ? { step: 'none', wanted, id } : { step: 'update', wanted, id, changes }
}

/** What a plugin says may be a secret, so only that it changes is told. */
function pluginStep(wanted: PluginSpec, there: Document | undefined): Step<PluginSpec> {
  const step = stepFor(wanted, there, 'PluginId', { Description: wanted.description })
  if (!there || step.step === 'create') return step
  if (String(there.PluginType).toLowerCase() !== wanted.pluginType.toLowerCase()) {
    throw new CommandFailed(
      `Plugin ${wanted.pluginName} is of type ${there.PluginType} on the gateway and ${wanted.pluginType} in the file. ` +
        'The type of a plugin cannot be changed: give the new one another name.',
    )
  }
  if (isSame(parsed(String(there.PluginData ?? '')), parsed(wanted.pluginData))) return step
  const before = step.step === 'update' ? step.changes : []
  const change = { field: 'pluginData', from: '(as it is)', to: '(as in the file)' }
  return { step: 'update', wanted, id: step.id, changes: [...before, change] }
}

/** JSON by what it means; YAML as it is written. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

interface Surroundings extends PlanInput {
  leftAlone: string[]
}

function apiPlan(api: ApiSpec, { wanted, remote, triggerUrls, prune, leftAlone }: Surroundings): ApiPlan {
  const { apiName } = api
  const there = remote.apis.find((each) => each.apiName === apiName)
  const service = serviceConfigOf(api, triggerUrls)
  const changes = there ? definitionChanges(api, service, there.definition) : []
  const differs = (deployed: Document) => definitionChanges(api, service, deployed).length > 0
  const plan: ApiPlan = {
    apiName,
    api: !there
      ? { step: 'create', wanted: api }
      : changes.length > 0
        ? { step: 'update', wanted: api, id: there.apiId, changes }
        : { step: 'none', wanted: api, id: there.apiId },
    deploy: wanted.stages.filter((stage) => {
      const deployed = there?.deployed.get(stage)
      return !deployed || differs(deployed)
    }),
    abolish: extraStages(there, wanted.stages),
    ...tieSteps('attach', 'detach', api.plugins, remote.attached),
    ...tieSteps('authorize', 'revoke', api.apps, remote.authorized),
  }
  if (prune) return plan
  leftAlone.push(...plan.abolish.map((stage) => `api ${apiName} in stage ${stage}`))
  leftAlone.push(
    ...plan.detach.map(({ name, stage }) => `plugin ${name} of api ${apiName} in stage ${stage}`),
  )
  leftAlone.push(...plan.revoke.map(({ name, stage }) => `app ${name} of api ${apiName} in stage ${stage}`))
  return { ...plan, abolish: [], detach: [], revoke: [] }

  function tieSteps<Add extends string, Remove extends string>(
    add: Add,
    remove: Remove,
    names: readonly string[],
    all: readonly Tie[],
  ) {
    const own = all.filter((tie) => tie.apiName === apiName)
    const has = (name: string, stage: string) => own.some((tie) => tie.name === name && tie.stage === stage)
    const missing = names.flatMap((name) =>
      wanted.stages.filter((stage) => !has(name, stage)).map((stage): Tie => ({ name, apiName, stage })),
    )
    const extra = own.filter(
      ({ name, stage }) => !names.includes(name) || !wanted.stages.some((each) => each === stage),
    )
    return { [add]: missing, [remove]: extra } as Record<Add | Remove, Tie[]>
  }
}

const extraStages = (there: RemoteApi | undefined, wanted: readonly string[]): string[] =>
  [...(there?.deployed.keys() ?? [])].filter((stage) => !wanted.includes(stage))

/** Fields whose value on the gateway stands in an element of its own. */
const lists: Readonly<Record<string, string>> = {
  RequestParameters: 'RequestParameter',
  ServiceParameters: 'ServiceParameter',
  ServiceParametersMap: 'ServiceParameterMap',
  ConstantParameters: 'ConstantParameter',
  SystemParameters: 'SystemParameter',
}

/** Only what we write is compared: the gateway tells more of an API than can be said of it. */
function definitionChanges(api: ApiSpec, service: Document, there: Document): Change[] {
  return Object.entries({ ...api.definition, ServiceConfig: service }).flatMap(([field, to]) => {
    const inner = lists[field]
    const found = inner ? listIn(there, [field, inner]) : there[field]
    const from = asWritten(found, to)
    return isSame(from, asWritten(to, to)) ? [] : [{ field: lowerFirst(field), from, to }]
  })
}

/** The part of `value` that `pattern` speaks of, numbers as texts: the gateway writes both. */
function asWritten(value: unknown, pattern: unknown): unknown {
  if (Array.isArray(value)) {
    const patterns = Array.isArray(pattern) ? pattern : []
    return value.map((item, index) => asWritten(item, patterns[index]))
  }
  if (typeof value === 'number') return String(value)
  if (!isObject(value) || !isObject(pattern)) return value
  return Object.fromEntries(
    Object.entries(pattern).map(([key, inner]) => {
      const given = value[key]
      // Headers of a mock are the one list within a node.
      const list = Array.isArray(inner) && isObject(given) ? Object.values(given)[0] : given
      return [key, asWritten(list, inner)]
    }),
  )
}

const isObject = (value: unknown): value is Document =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)
