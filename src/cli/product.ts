/** Where a product beside Function Compute is, and who we are there. */
import type { SigningCredentials } from '../lib/signing/acs3.ts'
import { type Arguments, type Flags, platformFlags, text } from './command.ts'
import { findConnection } from './connection.ts'
import { CommandFailed, PlatformRefused } from './errors.ts'
import { connect } from './platform.ts'
import type { Terminal } from './terminal.ts'

export type ProductName = 'actiontrail' | 'apigateway' | 'oss' | 'mns' | 'ots' | 'ram'

const titles: Readonly<Record<ProductName, string>> = {
  actiontrail: 'the audit trail',
  apigateway: 'API Gateway (management)',
  oss: 'Object Storage',
  mns: 'queues and topics',
  ots: 'Table Store',
  ram: 'RAM',
}

export interface ProductConnection {
  endpoint: URL
  credentials: SigningCredentials
  region: string
  /** Known when the ready file is. */
  accountId?: string
}

/** Flags of every command that speaks to such a product. */
export const productFlags = (product: ProductName) =>
  ({
    endpoint: {
      value: 'URL',
      help: `Endpoint of ${titles[product]}; default: that of the running platform (or HANSHU_${product.toUpperCase()}_ENDPOINT).`,
    },
    data: platformFlags.data,
  }) as const satisfies Flags

/** By flag, else by environment, else by the ready file, else as the platform at `HANSHU_ENDPOINT` says. */
export async function findProduct(
  args: Arguments,
  terminal: Terminal,
  product: ProductName,
): Promise<ProductConnection> {
  const variable = `HANSHU_${product.toUpperCase()}_ENDPOINT`
  const own = text(args, 'endpoint') ?? terminal.environment[variable]
  if (own !== undefined) {
    return findConnection({ ...args, flags: { ...args.flags, endpoint: own } }, terminal)
  }
  const connection = await findConnection(args, terminal)
  const endpoint = connection.endpoints[product] ?? (await endpointsOf(args, terminal, variable))[product]
  if (endpoint) return { ...connection, endpoint: new URL(endpoint) }
  throw new CommandFailed(`The platform does not say where its ${titles[product]} is. Set ${variable}.`)
}

/** Only the account may read the status; users name the endpoint themselves. */
async function endpointsOf(
  args: Arguments,
  terminal: Terminal,
  variable: string,
): Promise<Record<string, string>> {
  const platform = await connect(args, terminal)
  try {
    const answer = await platform.call<{ endpoints?: Record<string, string> }>({
      action: 'ReadPlatformStatus',
      method: 'GET',
      path: '/hanshu/status',
    })
    return answer.endpoints ?? {}
  } catch (error) {
    if (!(error instanceof PlatformRefused)) throw error
    throw new CommandFailed(
      `${platform.endpoint.origin} does not say where its other products are (${error.message}).\n` +
        `Name the endpoint: --endpoint URL or ${variable}.`,
      { cause: error },
    )
  }
}
