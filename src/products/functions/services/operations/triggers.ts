import { z } from 'zod'
import { invalidArgument } from '../../errors.ts'
import { withoutNulls } from '../../function-spec.ts'
import { LATEST } from '../../names.ts'
import {
  type FunctionsContext,
  json,
  jsonReply,
  none,
  type Operation,
  operation,
  type Reply,
} from '../../vocabulary.ts'
import type { ServicesApi } from '../api.ts'
import { type Delegated, delegate, ofFunction } from '../delegate.ts'
import { locateLatest, nameInService, resourceOf } from '../names.ts'
import { pageFrom, queryOf } from '../paging.ts'

const triggerInput = z.preprocess(
  withoutNulls,
  z.looseObject({ triggerConfig: z.union([z.string(), z.record(z.string(), z.unknown())]).optional() }),
)

/** Triggers are those of API 2023-03-30, for the function `service$function`. */
export const triggerOperations = (api: ServicesApi): Operation<FunctionsContext>[] => {
  const triggers = `${api.prefix}/services/{service}/functions/{functionName}/triggers` as const

  return [
    operation({
      name: 'CreateTrigger',
      route: `POST ${triggers}`,
      body: json(triggerInput),
      handle: ({ path, body }, context) => one('CreateTrigger', path, { document: toText(body) }, context),
    }),
    operation({
      name: 'ListTriggers',
      route: `GET ${triggers}`,
      body: none,

      async handle({ path, query }, context) {
        const name = nameOf(path)
        const asked = {
          path: { functionName: name },
          query: queryOf(pageFrom(query), query.get('prefix')),
        }
        const { document } = await ofFunction(context, name, () => delegate('ListTriggers', asked, context))
        const found = document['triggers'] as TriggerDocument[]
        return jsonReply(200, {
          ...document,
          triggers: found.map((trigger) => documentOf(trigger, name, context)),
        })
      },
    }),
    operation({
      name: 'GetTrigger',
      route: `GET ${triggers}/{triggerName}`,
      body: none,
      handle: ({ path }, context) => one('GetTrigger', path, {}, context),
    }),
    operation({
      name: 'UpdateTrigger',
      route: `PUT ${triggers}/{triggerName}`,
      body: json(triggerInput),
      handle: ({ path, headers, body }, context) =>
        one('UpdateTrigger', path, { headers, document: toText(body) }, context),
    }),
    operation({
      name: 'DeleteTrigger',
      route: `DELETE ${triggers}/{triggerName}`,
      body: none,

      async handle({ path, headers }, context) {
        const name = nameOf(path)
        const asked = { path: { ...path, functionName: name }, headers }
        await ofFunction(context, name, () => delegate('DeleteTrigger', asked, context))
        return { status: 204 }
      },
    }),
  ]

  async function one(
    operationName: string,
    path: { service: string; functionName: string },
    asked: Delegated,
    context: FunctionsContext,
  ): Promise<Reply> {
    const name = nameOf(path)
    const { reply, document } = await ofFunction(context, name, () =>
      delegate(operationName, { ...asked, path: { ...path, functionName: name } }, context),
    )
    const { etag } = reply.headers as { etag: string }
    return jsonReply(200, documentOf(document as unknown as TriggerDocument, name, context), { etag })
  }

  /** The `Trigger` of these APIs. */
  function documentOf(
    { httpTrigger, triggerConfig, ...trigger }: TriggerDocument,
    name: string,
    { region, accountId }: FunctionsContext,
  ): Record<string, unknown> {
    return {
      ...trigger,
      triggerConfig: api.triggerConfig === 'object' ? JSON.parse(triggerConfig) : triggerConfig,
      targetArn: `acs:fc:${region}:${accountId}:${resourceOf(name, trigger.qualifier || LATEST)}`,
      ...(httpTrigger ? { domainName: new URL(httpTrigger.urlInternet).hostname, ...httpTrigger } : {}),
    }
  }
}

interface TriggerDocument {
  triggerConfig: string
  qualifier: string
  httpTrigger?: { urlInternet: string; urlIntranet: string }
}

const nameOf = ({ service, functionName }: { service: string; functionName: string }): string =>
  nameInService(locateLatest(service), functionName)

/** API 2023-03-30 takes the config as text. */
function toText({ triggerConfig, ...trigger }: z.output<typeof triggerInput>): object {
  if (triggerConfig === undefined) return trigger
  if (typeof triggerConfig !== 'string') return { ...trigger, triggerConfig: JSON.stringify(triggerConfig) }
  try {
    JSON.parse(triggerConfig || '{}')
  } catch {
    throw invalidArgument('TriggerConfig is not a JSON document')
  }
  return { ...trigger, triggerConfig }
}
