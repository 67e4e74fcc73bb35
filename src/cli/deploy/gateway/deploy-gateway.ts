import type { Arguments } from '../../command.ts'
import { CommandFailed, PlatformRefused } from '../../errors.ts'
import { findProduct } from '../../product.ts'
import { type Rpc, rpcClient } from '../../rpc.ts'
import type { DeploySettings } from '../deploy-function.ts'
import { listTriggers } from '../remote.ts'
import { applyGateway } from './apply.ts'
import { isGatewayUnchanged, planGateway, triggerKey } from './plan.ts'
import type { GatewayResource } from './props.ts'
import { readGatewayRemote } from './remote.ts'
import { gatewayLines } from './show.ts'

/** The management API of the gateway. Its endpoint is not that of Function Compute, which `--endpoint` names. */
export async function connectGateway(args: Arguments, settings: DeploySettings): Promise<Rpc> {
  const connection = await findProduct(
    { ...args, flags: { ...args.flags, endpoint: undefined } },
    settings.terminal,
    'apigateway',
  )
  return rpcClient(connection, { version: '2016-07-14', title: 'API Gateway' }, settings.terminal)
}

/** False when the platform refused a part of it, which was said. */
export async function deployGateway(
  resource: GatewayResource,
  rpc: Rpc,
  { platform, terminal, onlyPlan, prune }: DeploySettings,
): Promise<boolean> {
  const { region, group } = resource
  if (region !== undefined && region !== platform.region) {
    terminal.note(`note: the file names region ${region}; this platform is ${platform.region}.`)
  }
  try {
    const triggerUrls = await urlsOfTriggers(resource)
    const plan = planGateway({
      wanted: resource,
      remote: await readGatewayRemote(rpc, resource),
      triggerUrls,
      prune,
    })
    for (const line of gatewayLines(plan)) terminal.print(line)
    if (onlyPlan) return true
    let failures = 0
    if (!isGatewayUnchanged(plan)) {
      for (const { apiName, trigger } of resource.apis) {
        if (trigger && !triggerUrls.has(triggerKey(trigger))) {
          throw new CommandFailed(
            `api ${apiName}: function ${trigger.functionName} has no HTTP trigger ${trigger.triggerName}.`,
          )
        }
      }
      await applyGateway({
        rpc,
        plan,
        triggerUrls,
        failed(what, error) {
          failures += 1
          terminal.note(`${group.groupName}, ${what}: ${error.message}`)
        },
      })
    }
    await printAddress()
    return failures === 0
  } catch (error) {
    if (!(error instanceof PlatformRefused)) throw error
    terminal.note(`${group.groupName}: ${error.message}`)
    return false
  }

  async function urlsOfTriggers({ apis }: GatewayResource): Promise<Map<string, string>> {
    const urls = new Map<string, string>()
    const names = new Set(apis.flatMap(({ trigger }) => (trigger ? [trigger.functionName] : [])))
    for (const functionName of names) {
      try {
        for (const { triggerName, httpTrigger } of await listTriggers(platform, functionName)) {
          const url = httpTrigger?.urlInternet
          if (url) urls.set(triggerKey({ functionName, triggerName }), url)
        }
      } catch (error) {
        // A plan is made before the function is.
        if (!(error instanceof PlatformRefused) || error.status !== 404) throw error
      }
    }
    return urls
  }

  async function printAddress(): Promise<void> {
    const remote = await readGroupAddress(rpc, group.groupName)
    if (remote) terminal.print(`  ${group.groupName}: http://${remote}`)
  }
}

async function readGroupAddress(rpc: Rpc, groupName: string): Promise<string | undefined> {
  const answer = await rpc<{
    ApiGroupAttributes: { ApiGroupAttribute: { GroupName: string; SubDomain: string }[] }
  }>('DescribeApiGroups', { GroupName: groupName, PageSize: 100 })
  const found = answer.ApiGroupAttributes.ApiGroupAttribute.find((each) => each.GroupName === groupName)
  return found?.SubDomain
}
