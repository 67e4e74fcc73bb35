import { bound, boundApis, checkRoomForPolicy, namedApis, unbound, unboundEverywhere } from '../bindings.ts'
import { readPlugin } from '../data-plane/policies/plugin-data.ts'
import { invalid, notFound, notImplemented } from '../errors.ts'
import type { Parameters } from '../parameters.ts'
import { type PluginRecord, type PluginType, pluginTypes } from '../records.ts'
import { checkTags } from '../tags.ts'
import {
  apiOf,
  type Call,
  type Document,
  newestFirst,
  newHexId,
  ofGroup,
  operation,
  paged,
  stageOf,
} from '../vocabulary.ts'

const ofPlugin = (parameters: Parameters) => `plugin/${parameters.optional('PluginId') ?? '*'}`

function pluginOf({ catalog, parameters }: Call): PluginRecord {
  const plugin = catalog.get('plugins', parameters.required('PluginId'))
  if (!plugin) throw notFound('Plugin')
  return plugin
}

function checkName(name: string): string {
  if (!/^[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]{3,49}$/.test(name)) throw invalid('PluginName')
  return name
}

/** Kinds that the vendor has beside ours. */
const otherTypes = [
  'errorMapping',
  'circuitBreaker',
  'accessControl',
  'routing',
  'transformer',
  'logMask',
  'basicAuth',
]

function typeIn({ parameters }: Call): PluginType {
  const given = parameters.required('PluginType')
  const type = pluginTypes.find((each) => each.toLowerCase() === given.toLowerCase())
  if (type) return type
  if (otherTypes.some((each) => each.toLowerCase() === given.toLowerCase()))
    throw notImplemented(`a plugin of the type '${given}'`)
  throw invalid('PluginType')
}

export const createPlugin = operation({
  name: 'CreatePlugin',
  resource: ofPlugin,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { parameters, now } = call
      checkRoomForPolicy(call)
      checkTags(parameters)
      const type = typeIn(call)
      const data = parameters.required('PluginData')
      const plugin: PluginRecord = {
        id: newHexId(call),
        name: checkName(parameters.required('PluginName')),
        type,
        description: parameters.text('Description', 200) ?? '',
        data,
        createdTime: now,
        modifiedTime: now,
      }
      readPlugin(type, data, plugin.id)
      return { changes: [{ put: 'plugins', value: plugin }], result: { PluginId: plugin.id } }
    }),
})

/** In force at once, wherever it is attached. */
export const modifyPlugin = operation({
  name: 'ModifyPlugin',
  resource: ofPlugin,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { parameters } = call
      checkTags(parameters)
      const before = pluginOf(call)
      const name = parameters.optional('PluginName')
      const plugin: PluginRecord = {
        ...before,
        ...(name === undefined ? {} : { name: checkName(name) }),
        description: parameters.text('Description', 200) ?? before.description,
        data: parameters.optional('PluginData') ?? before.data,
        modifiedTime: call.now,
      }
      readPlugin(plugin.type, plugin.data, plugin.id)
      return { changes: [{ put: 'plugins', value: plugin }], result: {} }
    }),
})

export const deletePlugin = operation({
  name: 'DeletePlugin',
  resource: ofPlugin,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { id } = pluginOf(call)
      return { changes: [...unboundEverywhere(call, id), { remove: 'plugins', id }], result: {} }
    }),
})

export const attachPlugin = operation({
  name: 'AttachPlugin',
  resource: ofPlugin,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { id, type } = pluginOf(call)
      const isList = call.parameters.optional('ApiIds') !== undefined
      const apis = isList ? namedApis(call) : [apiOf(call)]
      return { changes: bound(call, apis, `plugin:${type}`, id), result: {} }
    }),
})

export const detachPlugin = operation({
  name: 'DetachPlugin',
  resource: ofPlugin,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { id, type } = pluginOf(call)
      return { changes: unbound(call, [apiOf(call)], `plugin:${type}`, id), result: {} }
    }),
})

export const describePlugins = operation({
  name: 'DescribePlugins',
  resource: ofPlugin,
  handle(call) {
    const [id, name, type] = ['PluginId', 'PluginName', 'PluginType'].map((each) =>
      call.parameters.optional(each),
    )
    const found = call.catalog
      .all('plugins')
      .filter(
        (plugin) =>
          (id === undefined || plugin.id === id) &&
          (name === undefined || plugin.name.includes(name)) &&
          (type === undefined || plugin.type === type),
      )
      .sort(newestFirst)
    const { page, facts } = paged(call, found)
    return { ...facts, Plugins: { PluginAttribute: page.map((plugin) => described(call, plugin)) } }
  },
})

export const describePluginsByApi = operation({
  name: 'DescribePluginsByApi',
  resource: ofGroup,
  handle(call) {
    const { apiId } = apiOf(call)
    const stage = stageOf(call)
    const found = pluginTypes.flatMap((type) => {
      const binding = call.catalog.binding(apiId, stage, `plugin:${type}`)
      const plugin = binding && call.catalog.get('plugins', binding.policyId)
      return plugin ? [plugin] : []
    })
    const { page, facts } = paged(call, found)
    return { ...facts, Plugins: { PluginAttribute: page.map((plugin) => described(call, plugin)) } }
  },
})

const described = ({ region }: Call, plugin: PluginRecord) => ({
  PluginId: plugin.id,
  PluginName: plugin.name,
  PluginType: plugin.type,
  PluginData: plugin.data,
  Description: plugin.description,
  RegionId: region,
  CreatedTime: plugin.createdTime,
  ModifiedTime: plugin.modifiedTime,
})

export const describePluginApis = operation({
  name: 'DescribePluginApis',
  resource: ofPlugin,
  handle(call) {
    const { page, facts } = paged(call, boundApis(call, pluginOf(call).id))
    return { ...facts, ApiSummarys: { ApiPluginSummary: page } }
  },
})
