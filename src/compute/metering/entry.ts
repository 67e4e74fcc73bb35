/**
 * What the ledger has one line for: an invocation that ended, a time for which an instance was held, or a count of
 * invocations of which nothing else could be kept. A line is the kind with its version, then fields between tabs.
 */

/** The function and its resources. */
interface Charged {
  accountId: string
  region: string
  functionName: string
  /** `LATEST`, or the number of the version. */
  versionId: string
  /** As the caller asked. */
  qualifier: string
  instanceId: string
  memoryMb: number
  /** Hundredths of a vCPU: an integer, so that sums are exact. */
  cpuHundredths: number
  diskMb: number
  /** When the call or the time ended; the hour it counts to. */
  endedMs: number
}

export interface InvocationEntry extends Charged {
  is: 'invocation'
  requestId: string
  /** Attempts before this one, of an asynchronous invocation. */
  retryCount: number
  /** Provisioned: the time of the instance is charged by `held`, and only the request here. */
  kind: 'onDemand' | 'provisioned'
  outcome: string
  /** As the caller was told. */
  billedMs: number
  /** Of it, the part that no other call of the same instance is charged for. */
  activeMs: number
}

export interface HeldEntry extends Charged {
  is: 'held'
  /** `lightSleep`: without processor time, until the next call. */
  kind: 'provisioned' | 'lightSleep'
  heldMs: number
  /** Of processor time, rounded up as the vendor does. */
  cpuMs: number
}

export interface LostEntry {
  is: 'lost'
  invocations: number
  endedMs: number
}

export type LedgerEntry = InvocationEntry | HeldEntry | LostEntry

export function encodeEntry(entry: LedgerEntry): Uint8Array {
  return Buffer.from(lineOf(entry))
}

function lineOf(entry: LedgerEntry): string {
  if (entry.is === 'lost') return `l1\t${entry.endedMs}\t${entry.invocations}`
  const { endedMs, accountId, region, functionName, versionId, qualifier, instanceId } = entry
  const { memoryMb, cpuHundredths, diskMb, kind } = entry
  const charged = `${endedMs}\t${accountId}\t${region}\t${functionName}\t${versionId}\t${qualifier}\t${instanceId}\t${memoryMb}\t${cpuHundredths}\t${diskMb}\t${kind}`
  if (entry.is === 'held') return `h1\t${charged}\t${entry.heldMs}\t${entry.cpuMs}`
  // The only field that a client may have chosen.
  const requestId = /[\t\n]/.test(entry.requestId)
    ? entry.requestId.replaceAll(/[\t\n]/g, ' ')
    : entry.requestId
  return `i1\t${charged}\t${requestId}\t${entry.retryCount}\t${entry.outcome}\t${entry.billedMs}\t${entry.activeMs}`
}

/** Throws for what this release has not written and does not know. */
export function decodeEntry(data: Uint8Array): LedgerEntry {
  const [version, endedMs, ...fields] = Buffer.from(data.buffer, data.byteOffset, data.length)
    .toString()
    .split('\t') as [string, string, ...string[]]
  if (version === 'l1') return { is: 'lost', endedMs: Number(endedMs), invocations: Number(fields[0]) }
  if (version !== 'i1' && version !== 'h1')
    throw new Error(`the ledger knows no entries of kind '${version}'`)
  const [accountId, region, functionName, versionId, qualifier, instanceId, memoryMb, cpuHundredths] =
    fields as string[] & { length: 8 }
  const charged = {
    accountId: accountId!,
    region: region!,
    functionName: functionName!,
    versionId: versionId!,
    qualifier: qualifier!,
    instanceId: instanceId!,
    memoryMb: Number(memoryMb),
    cpuHundredths: Number(cpuHundredths),
    diskMb: Number(fields[8]),
    endedMs: Number(endedMs),
  }
  if (version === 'h1') {
    const kind = fields[9] as HeldEntry['kind']
    return { is: 'held', ...charged, kind, heldMs: Number(fields[10]), cpuMs: Number(fields[11]) }
  }
  return {
    is: 'invocation',
    ...charged,
    kind: fields[9] as InvocationEntry['kind'],
    requestId: fields[10]!,
    retryCount: Number(fields[11]),
    outcome: fields[12]!,
    billedMs: Number(fields[13]),
    activeMs: Number(fields[14]),
  }
}
