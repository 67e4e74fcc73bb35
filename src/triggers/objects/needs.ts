/** What triggers of Object Storage want of the rest of the platform; the composition root plugs it in. */
import type { Outbox } from '../events/outbox.ts'
import type { SourceTriggers } from '../events/source-triggers.ts'

/** What has happened to an object, in a commit that is about to be made. */
export interface ObjectEvent {
  /** As the vendor calls it: `ObjectCreated:PutObject`. */
  name: string
  bucket: string
  object: string
  sizeBytes: number
  /** By how many bytes the bucket has grown. */
  deltaBytes: number
  /** Without quotes; of what has one. */
  etag?: string
  mimeType?: string
  /** Variables of an upload callback: `x:name` → value. */
  variables?: Readonly<Record<string, string>>
  requestId: string
  sourceIp: string
  /** Id of who did it, as in the vendor's events: of the account, a user, or a role and its session. */
  principalId: string
  /** Functions that led here, one triggered by the other. */
  hops: number
}

export interface ObjectTriggersNeeds {
  triggers: Pick<SourceTriggers, 'of'>
  outbox: Pick<Outbox, 'announcementOf'>
  newRequestId(): string
  accountId: string
  region: string
  /** Wall clock, ms. */
  now(): number
}
