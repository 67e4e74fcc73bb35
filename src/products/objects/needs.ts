/** What Object Storage needs of other products; `main/` plugs it in. */
import type { Announcement } from '../../ports/announcements.ts'
import type { RequestConditions } from '../../wire/access.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'

/** Who asks for what. */
export interface AccessQuestion {
  /** Undefined: nobody signed. */
  principal: Principal | undefined
  /** As policies name it: `oss:GetObject`. */
  action: string
  /** `acs:oss:{region}:{account}:{bucket}/{key}`; of the service, `*` in place of a bucket. */
  resource: string
  /** Asked for only where a policy has conditions. */
  conditions(): RequestConditions
  /** The policy of the bucket, as it was put; one that `flawOf` had nothing against. */
  bucketPolicy: string | undefined
}

/** `undecided` leaves it to the ACLs of the bucket and the object. */
export type AccessAnswer = 'allow' | 'deny' | 'undecided'

export interface AccessPolicies {
  answer(question: AccessQuestion): AccessAnswer
  /** What is wrong with a policy of a bucket, in words; undefined: nothing. */
  flawOf(bucketPolicy: string): string | undefined
}

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
  principal: Principal | undefined
}

/** Those who are told what happens to objects. */
export interface ObjectListeners {
  /** Undefined: nobody wants to know. Throws `AnnouncementsFull`. */
  announce(event: ObjectEvent): Promise<Announcement | undefined>
}
