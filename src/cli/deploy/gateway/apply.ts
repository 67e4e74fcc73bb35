/** Does what a plan says: what protects an API is in force before the API is deployed. */
import { PlatformRefused } from '../../errors.ts'
import type { Rpc, RpcParameters } from '../../rpc.ts'
import { type ApiPlan, type GatewayPlan, isApiUnchanged, type Step, serviceConfigOf } from './plan.ts'
import type { ApiSpec, AppSpec, GatewayResource, PluginSpec } from './props.ts'

interface Apply {
  rpc: Rpc
  plan: GatewayPlan
  triggerUrls: ReadonlyMap<string, string>
  failed: (what: string, error: PlatformRefused) => void
}

/** A refusal of the group is thrown; that of a part is told to `failed`, and the others go on. */
export async function applyGateway({ rpc, plan, triggerUrls, failed }: Apply): Promise<void> {
  const groupId = await applyGroup(rpc, plan.group)
  const part = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof PlatformRefused)) throw error
      failed(what, error)
    }
  }
  const ids: Ids = { apps: new Map(), plugins: new Map() }
  for (const step of plan.apps) {
    const { appName } = step.wanted
    await part(`app ${appName}`, async () => ids.apps.set(appName, await applyApp(rpc, step)))
  }
  for (const step of plan.plugins) {
    const { pluginName } = step.wanted
    await part(`plugin ${pluginName}`, async () => ids.plugins.set(pluginName, await applyPlugin(rpc, step)))
  }
  for (const api of plan.apis) {
    if (isApiUnchanged(api)) continue
    await part(`api ${api.apiName}`, () => applyApi({ rpc, groupId, api, ids, triggerUrls }))
  }
}

/** Of what is there, and was made by now. */
interface Ids {
  apps: Map<string, string>
  plugins: Map<string, string>
}

async function applyGroup(rpc: Rpc, step: Step<GatewayResource['group']>): Promise<string> {
  const { groupName, description, basePath } = step.wanted
  const fields = { GroupName: groupName, Description: description, BasePath: basePath }
  if (step.step === 'create') return (await rpc<{ GroupId: string }>('CreateApiGroup', fields)).GroupId
  if (step.step === 'update') await rpc('ModifyApiGroup', { GroupId: step.id, ...fields })
  return step.id
}

async function applyApp(rpc: Rpc, step: Step<AppSpec>): Promise<string> {
  const { appName, description, appKey, appSecret, appCode } = step.wanted
  const fields = { AppName: appName, Description: description }
  if (step.step === 'create') {
    const chosen = { AppKey: appKey, AppSecret: appSecret, AppCode: appCode }
    return String((await rpc<{ AppId: number }>('CreateApp', { ...fields, ...chosen })).AppId)
  }
  if (step.step === 'update') await rpc('ModifyApp', { AppId: step.id, ...fields })
  return step.id
}

async function applyPlugin(rpc: Rpc, step: Step<PluginSpec>): Promise<string> {
  const { pluginName, pluginType, description, pluginData } = step.wanted
  const fields = { PluginName: pluginName, Description: description, PluginData: pluginData }
  if (step.step === 'create') {
    return (await rpc<{ PluginId: string }>('CreatePlugin', { ...fields, PluginType: pluginType })).PluginId
  }
  if (step.step === 'update') await rpc('ModifyPlugin', { PluginId: step.id, ...fields })
  return step.id
}

interface ApplyApi {
  rpc: Rpc
  groupId: string
  api: ApiPlan
  ids: Ids
  triggerUrls: ReadonlyMap<string, string>
}

async function applyApi({ rpc, groupId, api: plan, ids, triggerUrls }: ApplyApi): Promise<void> {
  const { api, abolish } = plan
  const removed = api.step === 'create' ? '' : api.id
  for (const StageName of abolish) await rpc('AbolishApi', { GroupId: groupId, ApiId: removed, StageName })
  if (api.step === 'remove') {
    await rpc('DeleteApi', { GroupId: groupId, ApiId: api.id })
    return
  }
  const ApiId = await applyDefinition(rpc, groupId, api, triggerUrls)
  const named = { GroupId: groupId, ApiId }
  for (const { name, stage } of plan.attach)
    await rpc('AttachPlugin', { ...named, PluginId: idIn(ids.plugins, name), StageName: stage })
  for (const { name, stage } of plan.authorize)
    await rpc('SetAppsAuthorities', { ...named, AppIds: idIn(ids.apps, name), StageName: stage })
  for (const StageName of plan.deploy)
    await rpc('DeployApi', { ...named, StageName, Description: 'hanshu deploy' })
  for (const { name, stage } of plan.detach)
    await rpc('DetachPlugin', { ...named, PluginId: idIn(ids.plugins, name), StageName: stage })
  for (const { name, stage } of plan.revoke)
    await rpc('RemoveAppsAuthorities', { ...named, AppIds: idIn(ids.apps, name), StageName: stage })
}

async function applyDefinition(
  rpc: Rpc,
  groupId: string,
  step: Step<ApiSpec>,
  triggerUrls: ReadonlyMap<string, string>,
): Promise<string> {
  if (step.step === 'none') return step.id
  const { definition } = step.wanted
  const parameters: RpcParameters = {
    GroupId: groupId,
    ...Object.fromEntries(
      Object.entries({ ...definition, ServiceConfig: serviceConfigOf(step.wanted, triggerUrls) }).map(
        ([field, value]) => [field, typeof value === 'object' ? JSON.stringify(value) : String(value)],
      ),
    ),
  }
  if (step.step === 'create') return (await rpc<{ ApiId: string }>('CreateApi', parameters)).ApiId
  await rpc('ModifyApi', { ApiId: step.id, ...parameters })
  return step.id
}

/** Missing where it could not be made, which was said: the API is not deployed without what should protect it. */
function idIn(ids: ReadonlyMap<string, string>, name: string): string {
  const id = ids.get(name)
  if (id !== undefined) return id
  throw new PlatformRefused({ status: 0, code: 'NotMade', message: `${name} could not be made` })
}
