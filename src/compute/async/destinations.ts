/**
 * Where outcomes of asynchronous invocations can go. A product that can receive them adds one `Destination`; everything
 * else (durability, retries, the dead-letter list) is the queue's.
 */
export interface Destination {
  /** Second part of its ARNs: `fc` of `acs:fc:…`. */
  kind: string
  /** Sends once. What it throws is taken for `later`. */
  send(message: DestinationMessage): Promise<SendOutcome>
}

export interface DestinationMessage {
  /** Whose outcome it is. */
  accountId: string
  arn: string
  /** The same each time this message is sent. */
  requestId: string
  /** The vendor's JSON document. */
  body: Uint8Array
  hops: number
}

/** `later`: try again. `refused`: trying again does not help. */
export type SendOutcome = { is: 'delivered' } | { is: 'later' | 'refused'; because: string }

export interface Destinations {
  kinds: ReadonlySet<string>
  /** By the ARN; undefined for a kind that nobody receives. */
  find(arn: string): Destination | undefined
}

export function destinations(list: readonly Destination[]): Destinations {
  const byKind = new Map(list.map((destination) => [destination.kind, destination]))
  return {
    kinds: new Set(byKind.keys()),
    find: (arn) => byKind.get(/^acs:([^:]+):/.exec(arn)?.[1] ?? ''),
  }
}
