import { z } from 'zod'
import type { ConcurrencyRecord } from '../../concurrency.ts'
import { notImplemented } from '../../errors.ts'
import { concurrencyPrefix } from '../../keys.ts'
import { LATEST } from '../../names.ts'
import { isEmpty } from '../../not-built.ts'
import { listPage, pageOf } from '../../paging.ts'
import { type FunctionsContext, json, jsonReply, none, type Operation, operation } from '../../vocabulary.ts'
import type { ServicesApi } from '../api.ts'
import { fromAsyncConfig, toAsyncConfig } from '../async-config.ts'
import { requireService } from '../change-service.ts'
import { delegate, ofFunction } from '../delegate.ts'
import { isInService, type Located, locate, nameInService, resourceOf } from '../names.ts'

const anyObject = z.record(z.string(), z.unknown())

/** What can be configured of a function for a qualifier: configs of API 2023-03-30, of the function `service$function`. */
export const configOperations = ({ prefix }: ServicesApi): Operation<FunctionsContext>[] => {
  const ofQualifier = `${prefix}/services/{service}/functions/{functionName}` as const

  return [
    operation({
      name: 'PutFunctionAsyncInvokeConfig',
      route: `PUT ${ofQualifier}/async-invoke-config`,
      body: json(anyObject),

      async handle({ path, query, body }, context) {
        const asked = await askedOf(path, query, context)
        const { document } = await asked.delegate('PutAsyncInvokeConfig', toAsyncConfig(body))
        return jsonReply(200, fromAsyncConfig(document, asked.name, asked.qualifier))
      },
    }),
    operation({
      name: 'GetFunctionAsyncInvokeConfig',
      route: `GET ${ofQualifier}/async-invoke-config`,
      body: none,

      async handle({ path, query }, context) {
        const asked = await askedOf(path, query, context)
        const { document } = await asked.delegate('GetAsyncInvokeConfig')
        return jsonReply(200, fromAsyncConfig(document, asked.name, asked.qualifier))
      },
    }),
    operation({
      name: 'DeleteFunctionAsyncInvokeConfig',
      route: `DELETE ${ofQualifier}/async-invoke-config`,
      body: none,

      async handle({ path, query }, context) {
        await (await askedOf(path, query, context)).delegate('DeleteAsyncInvokeConfig')
        return { status: 204 }
      },
    }),
    operation({
      name: 'ListFunctionAsyncInvokeConfigs',
      route: `GET ${ofQualifier}/async-invoke-configs`,
      body: none,

      async handle({ path, query }, context) {
        const { name } = await askedOf(path, query, context)
        const { document } = await delegate(
          'ListAsyncInvokeConfigs',
          { query: { ...pagingOf(query), functionName: name } },
          context,
        )
        const configs = (document['configs'] as { functionArn: string }[]).map((config) =>
          fromAsyncConfig({ ...config }, name, config.functionArn.split('/')[2] ?? LATEST),
        )
        return jsonReply(200, { ...document, configs })
      },
    }),

    operation({
      name: 'PutFunctionOnDemandConfig',
      route: `PUT ${ofQualifier}/on-demand-config`,
      body: json(z.object({ maximumInstanceCount: z.int().min(0).max(1_000_000) })),

      async handle({ path, query, body: { maximumInstanceCount } }, context) {
        const asked = await askedOf(path, query, context)
        onlyLatest(asked)
        await asked.delegate('PutConcurrencyConfig', { reservedConcurrency: maximumInstanceCount })
        return jsonReply(200, { resource: asked.resource, maximumInstanceCount })
      },
    }),
    operation({
      name: 'GetFunctionOnDemandConfig',
      route: `GET ${ofQualifier}/on-demand-config`,
      body: none,

      async handle({ path, query }, context) {
        const asked = await askedOf(path, query, context)
        onlyLatest(asked)
        const { document } = await asked.delegate('GetConcurrencyConfig')
        return jsonReply(200, {
          resource: asked.resource,
          maximumInstanceCount: document['reservedConcurrency'],
        })
      },
    }),
    operation({
      name: 'DeleteFunctionOnDemandConfig',
      route: `DELETE ${ofQualifier}/on-demand-config`,
      body: none,

      async handle({ path, query }, context) {
        const asked = await askedOf(path, query, context)
        onlyLatest(asked)
        await asked.delegate('DeleteConcurrencyConfig')
        return { status: 204 }
      },
    }),
    operation({
      name: 'ListOnDemandConfigs',
      route: `GET ${prefix}/on-demand-configs`,
      body: none,

      async handle({ query }, { records, accountId }) {
        const wanted = query.get('prefix') ?? ''
        const { items, nextToken } = await listPage<ConcurrencyRecord>(records, {
          prefix: concurrencyPrefix(accountId),
          page: pageOf(query),
          matches: ({ functionName }) =>
            isInService(functionName) && resourceOf(functionName, LATEST).startsWith(wanted),
        })
        const configs = items.map(({ functionName, reservedConcurrency }) => ({
          resource: resourceOf(functionName, LATEST),
          maximumInstanceCount: reservedConcurrency,
        }))
        return jsonReply(200, { configs, nextToken })
      },
    }),

    operation({
      name: 'PutProvisionConfig',
      route: `PUT ${ofQualifier}/provision-config`,
      body: json(anyObject),

      async handle({ path, query, body }, context) {
        const asked = await askedOf(path, query, context)
        // These APIs have no operation to delete one: nothing more to do is what no config says.
        const { target, alwaysAllocateCPU: _, ...rest } = body
        if (!target && isEmpty(rest)) {
          await asked.delegate('DeleteProvisionConfig')
          const { document } = await asked.delegate('GetProvisionConfig')
          return jsonReply(200, provisionDocument(document, asked.resource))
        }
        const { document } = await asked.delegate('PutProvisionConfig', body)
        return jsonReply(200, provisionDocument(document, asked.resource))
      },
    }),
    operation({
      name: 'GetProvisionConfig',
      route: `GET ${ofQualifier}/provision-config`,
      body: none,

      async handle({ path, query }, context) {
        const asked = await askedOf(path, query, context)
        const { document } = await asked.delegate('GetProvisionConfig')
        return jsonReply(200, provisionDocument(document, asked.resource))
      },
    }),
    operation({
      name: 'ListProvisionConfigs',
      route: `GET ${prefix}/provision-configs`,
      body: none,

      async handle({ query }, context) {
        const { serviceName, qualifier } = Object.fromEntries(query)
        const { document } = await delegate('ListProvisionConfigs', { query: pagingOf(query) }, context)
        const found = (document['provisionConfigs'] as { functionArn: string }[]).flatMap((config) => {
          const [, name = '', of = LATEST] = config.functionArn.split('/')
          if (!isInService(name) || (serviceName && !name.startsWith(`${serviceName}$`))) return []
          return qualifier && of !== qualifier ? [] : [provisionDocument({ ...config }, resourceOf(name, of))]
        })
        return jsonReply(200, { ...document, provisionConfigs: found })
      },
    }),
  ]
}

interface Asked extends Located {
  /** `service$function` */
  name: string
  resource: string
  /** The operation of API 2023-03-30 of this name, for this function and qualifier. */
  delegate(operation: string, document?: object): ReturnType<typeof delegate>
}

async function askedOf(
  path: { service: string; functionName: string },
  query: URLSearchParams,
  context: FunctionsContext,
): Promise<Asked> {
  const located = locate(path.service, query)
  const name = nameInService(located.serviceName, path.functionName)
  await requireService(context, located.serviceName)
  return {
    ...located,
    name,
    resource: resourceOf(name, located.qualifier),
    delegate: (operationName, document = {}) =>
      ofFunction(context, name, () =>
        delegate(
          operationName,
          { path: { functionName: name }, query: { qualifier: located.qualifier }, document },
          context,
        ),
      ),
  }
}

/** The cap is of the function, whatever its qualifier: one for an alias alone would cap too much. */
function onlyLatest({ qualifier }: Located): void {
  if (qualifier !== LATEST) throw notImplemented('an on-demand config of a version or an alias')
}

const provisionDocument = (
  { functionArn: _, defaultTarget: __, ...config }: Record<string, unknown>,
  resource: string,
) => ({ resource, ...config })

const pagingOf = (query: URLSearchParams): Record<string, string> =>
  Object.fromEntries([...query].filter(([name]) => name === 'limit' || name === 'nextToken'))
