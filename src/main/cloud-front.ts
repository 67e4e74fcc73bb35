/**
 * Where functions find the platform when they are told no endpoint: behind the vendor's names, at the ports that clients
 * use by themselves. Names lead there inside sandboxes only.
 */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { reasonOf } from '../lib/reason.ts'
import { serverOptions } from '../wire/http-server.ts'
import { listenAll } from '../wire/listeners.ts'
import { type CloudAuthority, openCloudAuthority } from './cloud-authority.ts'
import { cloudNameOf } from './cloud-names.ts'
import type { Foundation } from './foundation.ts'
import type { CloudService } from './part.ts'

/** Answers the ports that it listens on where the names lead, for instances to reach. */
export async function openCloudFront(
  {
    config,
    driver,
    stores,
    clock,
    closing,
    log,
  }: Pick<Foundation, 'config' | 'driver' | 'stores' | 'clock' | 'closing' | 'log'>,
  services: readonly CloudService[],
): Promise<number[]> {
  const { names } = driver
  if (!names || config.HANSHU_CLOUD_NAMES === 'cloud') return []
  const authority = await openCloudAuthority({ records: stores.records, clock })
  await names.trust(authority)
  names.answer((name) => cloudNameOf(name) !== undefined)
  const front = cloudFront(services, authority)
  const ports: number[] = []
  for (const { port, make } of [
    { port: 80, make: front.plain },
    { port: 443, make: front.tls },
  ]) {
    try {
      ports.push(await listenAll(make, [names.address], port, 'cloud-names', closing, log))
    } catch (error) {
      const { cause } = error as Error
      log.warn(
        { address: names.address, port, reason: reasonOf(cause) },
        "the port cannot be listened on: functions that use the vendor's names find nobody there",
      )
    }
  }
  return ports
}

/** The servers, which know by the name that a client uses which service is meant. */
export function cloudFront(services: readonly CloudService[], authority: Pick<CloudAuthority, 'contextOf'>) {
  const byName = new Map(services.map((service) => [service.name, service]))
  const at = ({ headers: { host = '' } }: IncomingMessage) => {
    const name = cloudNameOf(host.replace(/:\d+$/, '').toLowerCase())
    return name && { name, service: byName.get(name.service) }
  }
  const handle: RequestListener = (request, response) => {
    const place = at(request)
    if (place?.service) place.service.handle(request, response)
    else if (place) refuse(response, 501, `NotImplemented: there is no '${place.name.service}' here yet`)
    else refuse(response, 421, 'no service has the name that the Host header says')
  }
  const options = {
    ...serverOptions,
    shouldUpgradeCallback: (request: IncomingMessage) =>
      at(request)?.service?.upgrades?.should(request) ?? false,
  }
  return {
    plain: () =>
      createServer(options, handle).on('upgrade', (...upgrade) =>
        at(upgrade[0])?.service?.upgrades?.upgrade(...upgrade),
      ),
    tls: () =>
      createTlsServer(
        {
          ...options,
          SNICallback(servername, answer) {
            const name = cloudNameOf(servername.toLowerCase())
            if (name) answer(null, authority.contextOf(name.zone))
            else answer(new Error(`no certificate for '${servername}'`))
          },
        },
        handle,
      ).on('upgrade', (...upgrade) => at(upgrade[0])?.service?.upgrades?.upgrade(...upgrade)),
  }
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  response.end(`${sentence}\n`)
}
