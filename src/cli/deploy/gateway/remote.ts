/** Reads what the gateway has of the group, the apps and the plugins that a resource names. */
import { CommandFailed } from '../../errors.ts'
import type { Rpc, RpcParameters } from '../../rpc.ts'
import type { GatewayResource } from './props.ts'

export type Document = Readonly<Record<string, unknown>>

export interface RemoteApi {
  apiId: string
  apiName: string
  definition: Document
  /** By stage, what is called there. */
  deployed: ReadonlyMap<string, Document>
}

/** That a plugin or an app is tied to an API in a stage. */
export interface Tie {
  /** Of the plugin or the app. */
  name: string
  apiName: string
  stage: string
}

export interface RemoteGateway {
  group: Document | undefined
  apps: ReadonlyMap<string, Document>
  plugins: ReadonlyMap<string, Document>
  /** All of the group. */
  apis: readonly RemoteApi[]
  /** Of the plugins and apps that the resource names, with APIs of the group. */
  attached: readonly Tie[]
  authorized: readonly Tie[]
}

const PAGE_SIZE = 100
/** More pages than this are those of a server that repeats itself. */
const PAGES_MAX = 1000

export async function readGatewayRemote(rpc: Rpc, wanted: GatewayResource): Promise<RemoteGateway> {
  const { groupName } = wanted.group
  const named = async (action: string, parameter: string, list: readonly string[], name: string) => {
    const found = await pages(rpc, action, { [parameter]: name }, list)
    // The gateway finds every name that has this one within it.
    return found.find((each) => each[parameter] === name)
  }
  const group = await named(
    'DescribeApiGroups',
    'GroupName',
    ['ApiGroupAttributes', 'ApiGroupAttribute'],
    groupName,
  )
  const apps = new Map<string, Document>()
  for (const { appName } of wanted.apps) {
    const app = await named('DescribeAppAttributes', 'AppName', ['Apps', 'AppAttribute'], appName)
    if (app) apps.set(appName, app)
  }
  const plugins = new Map<string, Document>()
  for (const { pluginName } of wanted.plugins) {
    const list = ['Plugins', 'PluginAttribute']
    const plugin = await named('DescribePlugins', 'PluginName', list, pluginName)
    if (plugin) plugins.set(pluginName, plugin)
  }
  if (!group) return { group, apps, plugins, apis: [], attached: [], authorized: [] }

  const groupId = String(group.GroupId)
  const summaries = await pages(rpc, 'DescribeApis', { GroupId: groupId }, ['ApiSummarys', 'ApiSummary'])
  const apis: RemoteApi[] = []
  for (const { ApiId } of summaries) apis.push(await readApi(rpc, groupId, String(ApiId)))
  const nameOf = new Map(apis.map(({ apiId, apiName }) => [apiId, apiName]))
  const ties = (name: string, found: readonly Document[]): Tie[] =>
    found.flatMap(({ ApiId, StageName }) => {
      const apiName = nameOf.get(String(ApiId))
      return apiName === undefined ? [] : [{ name, apiName, stage: String(StageName) }]
    })
  const attached: Tie[] = []
  for (const [name, { PluginId }] of plugins) {
    const list = ['ApiSummarys', 'ApiPluginSummary']
    const found = await pages(rpc, 'DescribePluginApis', { PluginId: String(PluginId) }, list)
    attached.push(...ties(name, found))
  }
  const authorized: Tie[] = []
  for (const [name, { AppId }] of apps) {
    const list = ['AuthorizedApis', 'AuthorizedApi']
    const found = await pages(rpc, 'DescribeAuthorizedApis', { AppId: String(AppId) }, list)
    authorized.push(...ties(name, found))
  }
  return { group, apps, plugins, apis, attached, authorized }
}

async function readApi(rpc: Rpc, groupId: string, apiId: string): Promise<RemoteApi> {
  const definition = await rpc<Document>('DescribeApi', { GroupId: groupId, ApiId: apiId })
  const deployed = new Map<string, Document>()
  for (const info of listIn(definition, ['DeployedInfos', 'DeployedInfo'])) {
    const StageName = String(info.StageName)
    if (info.DeployedStatus !== 'DEPLOYED') continue
    deployed.set(StageName, await rpc('DescribeDeployedApi', { GroupId: groupId, ApiId: apiId, StageName }))
  }
  return { apiId, apiName: String(definition.ApiName), definition, deployed }
}

/** Every item of a list, page by page. */
async function pages(
  rpc: Rpc,
  action: string,
  parameters: RpcParameters,
  list: readonly string[],
): Promise<Document[]> {
  const items: Document[] = []
  for (let page = 1; page <= PAGES_MAX; page++) {
    const answer = await rpc<Document>(action, { ...parameters, PageNumber: page, PageSize: PAGE_SIZE })
    const found = listIn(answer, list)
    items.push(...found)
    if (found.length === 0 || items.length >= Number(answer.TotalCount ?? 0)) return items
  }
  throw new CommandFailed(`${action} does not come to an end.`)
}

/** A list stands in an element of its own: `{ApiSummarys: {ApiSummary: []}}`. */
export function listIn(document: Document, [outer = '', inner = '']: readonly string[]): Document[] {
  const list = (document[outer] as Document | undefined)?.[inner]
  return Array.isArray(list) ? list : []
}
