/** Prints the plan of a gateway the way it is read: a line for each thing that would be done. */
import { changeLines } from '../show.ts'
import { type ApiPlan, type GatewayPlan, isApiUnchanged, type Step } from './plan.ts'
import type { Tie } from './remote.ts'

export function gatewayLines(plan: GatewayPlan): string[] {
  const { group, apps, plugins, apis, leftAlone } = plan
  const same = apis.filter(isApiUnchanged).length
  return [
    ...stepLines(`group ${group.wanted.groupName}`, group, ''),
    ...apps.flatMap((step) => stepLines(`app ${step.wanted.appName}`, step, '  ')),
    ...plugins.flatMap((step) =>
      stepLines(`plugin ${step.wanted.pluginName}`, step, '  ', ` (${step.wanted.pluginType})`),
    ),
    ...apis.filter((api) => !isApiUnchanged(api)).flatMap(apiLines),
    ...(same === 0 ? [] : [`  = ${same === 1 ? 'one api' : `${same} apis`}: unchanged`]),
    ...leftAlone.map((what) => `  ? ${what}: not in the file; left alone (--prune removes it)`),
  ]
}

function stepLines(what: string, step: Step<unknown>, indent: string, more = ''): string[] {
  if (step.step === 'create') return [`${indent}+ ${what}: create${more}`]
  if (step.step === 'none') return [`${indent}= ${what}: unchanged`]
  return [
    `${indent}~ ${what}: update`,
    ...step.changes.flatMap((change) => changeLines(change, `${indent}    `)),
  ]
}

function apiLines({ apiName, api, deploy, abolish, attach, detach, authorize, revoke }: ApiPlan): string[] {
  const tied = (sign: string, what: string, ties: readonly Tie[], verb: string) =>
    ties.map(({ name, stage }) => `    ${sign} ${what} ${name}: ${verb} (${stage})`)
  const stages = (sign: string, names: readonly string[], verb: string) =>
    names.map((stage) => `    ${sign} stage ${stage}: ${verb}`)
  return [
    ...(api.step === 'remove'
      ? [`  - api ${apiName}: remove`]
      : stepLines(
          `api ${apiName}`,
          api,
          '  ',
          ` (${routeOf(api.wanted.definition)} -> ${api.wanted.backend})`,
        )),
    ...tied('+', 'plugin', attach, 'attach'),
    ...tied('+', 'app', authorize, 'authorize'),
    ...stages('+', deploy, 'deploy'),
    ...stages('-', abolish, 'take offline'),
    ...tied('-', 'plugin', detach, 'detach'),
    ...tied('-', 'app', revoke, 'revoke'),
  ]
}

function routeOf({ RequestConfig }: Readonly<Record<string, unknown>>): string {
  const { RequestHttpMethod, RequestPath } = RequestConfig as Record<string, string>
  return `${RequestHttpMethod} ${RequestPath}`
}
