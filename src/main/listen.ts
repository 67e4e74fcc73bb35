import { listenAll } from '../wire/listeners.ts'
import type { Foundation } from './foundation.ts'
import type { ListenerPlan } from './part.ts'

/** Listens on the host of the settings and where instances reach the platform; tells the endpoints. */
export async function listen(
  { config, driver, endpoints, closing, log }: Foundation,
  listeners: readonly ListenerPlan[],
  /** Where they reach it already. */
  portsOfInstances: readonly number[],
): Promise<void> {
  const { HANSHU_HOST: host } = config
  const gateway = 'gatewayAddress' in driver ? (driver.gatewayAddress as string | undefined) : undefined
  const everywhere = gateway === undefined || gateway === host ? [host] : [host, gateway]
  const any = config.HANSHU_PORTS === 'auto'
  const ports = [...portsOfInstances]
  for (const { name, scheme = 'http', port: wanted, make, hosts } of listeners) {
    const port = await listenAll(make, hosts ?? everywhere, any ? 0 : wanted, name, closing, log)
    const named = hosts?.[0] ?? host
    endpoints[name] = `${scheme}://${named.includes(':') ? `[${named}]` : named}:${port}`
    if (!hosts) ports.push(port)
  }
  if ('allowPorts' in driver) await (driver.allowPorts as (ports: readonly number[]) => Promise<void>)(ports)
}

export const portOf = (endpoint: string | undefined): string =>
  endpoint === undefined ? '' : new URL(endpoint).port
