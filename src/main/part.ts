import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { HttpEdge } from '../triggers/http/http-edge.ts'
import type { CloudServiceName } from './cloud-names.ts'

/** What a product or a trigger adds to the platform. `platform.ts` has the list of them. */
export interface Part {
  listeners?: readonly ListenerPlan[]
  /** What functions find at the vendor's names. */
  cloud?: CloudService
  /** Takes up what waits since the last run, when the platform is up. */
  start?(): Promise<void>
  /** Removes what nobody needs any more. Called now and then; when it fails it is tried again the next time. */
  sweep?(): Promise<void>
}

export interface CloudService {
  name: CloudServiceName
  handle: RequestListener
  /** Absent: it knows no other protocol. */
  upgrades?: { should(request: IncomingMessage): boolean; upgrade: HttpEdge['upgrade'] }
}

export interface ListenerPlan {
  /** Its key among the endpoints; `--NAME-port` is the flag of its port. */
  name: string
  /** Default: http. */
  scheme?: 'https'
  /** 0: any. */
  port: number
  /** Default: the host of the settings, and where instances reach the platform. */
  hosts?: readonly string[]
  /** Called for each address that is listened on. */
  make(): Server
}
