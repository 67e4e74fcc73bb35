/**
 * What the ledger has one line for: an invocation that ended, a time for which an instance was held, or a count of
 * invocations of which nothing else could be kept. A line begins with its kind and version; fields are between tabs. What
 * is the same for all calls of a function is at its end, behind an empty field, so that it is made and read once for many.
 */

/** The function and its resources. */
export interface Charged {
  accountId: string
  region: string
  functionName: string
  /** `LATEST`, or the number of the version. */
  versionId: string
  memoryMb: number
  /** Hundredths of a vCPU: an integer, so that sums are exact. */
  cpuHundredths: number
  diskMb: number
  /** On a provisioned instance a call is charged as a request only: the time of the instance is charged as held. */
  kind: UsageKind
}

/** By the kind of instance, since each has factors of its own. `lightSleep`: provisioned, without processor time. */
export type UsageKind = 'onDemand' | 'provisioned' | 'lightSleep'

interface Entry extends Charged {
  /** As the caller asked. */
  qualifier: string
  instanceId: string
  /** When the call or the time ended; the hour it counts to. */
  endedMs: number
}

export interface InvocationEntry extends Entry {
  is: 'invocation'
  kind: 'onDemand' | 'provisioned'
  requestId: string
  /** Attempts before this one, of an asynchronous invocation. */
  retryCount: number
  outcome: string
  /** As the caller was told. */
  billedMs: number
  /** Of it, the part that no other call of the same instance is charged for. */
  activeMs: number
}

export interface HeldEntry extends Entry {
  is: 'held'
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

/** The end of a line. */
export function chargedText(charged: Charged): string {
  const { accountId, region, functionName, versionId, memoryMb, cpuHundredths, diskMb, kind } = charged
  return `${accountId}\t${region}\t${functionName}\t${versionId}\t${memoryMb}\t${cpuHundredths}\t${diskMb}\t${kind}`
}

export function chargedOf(text: string): Charged {
  const [accountId, region, functionName, versionId, memoryMb, cpuHundredths, diskMb, kind] = text.split('\t')
  return {
    accountId: accountId!,
    region: region!,
    functionName: functionName!,
    versionId: versionId!,
    memoryMb: Number(memoryMb),
    cpuHundredths: Number(cpuHundredths),
    diskMb: Number(diskMb),
    kind: kind as UsageKind,
  }
}

/** Ours have 36 characters. */
const requestIdMax = 256

/** `charged` is `chargedText` of what the entry is charged to. */
export function invocationLine(entry: Omit<InvocationEntry, 'is' | keyof Charged>, charged: string): string {
  const { endedMs, activeMs, billedMs, outcome, retryCount, instanceId, qualifier } = entry
  // The only field that a client may have chosen.
  const odd = entry.requestId.length > requestIdMax || /[\t\n]/.test(entry.requestId)
  const requestId = odd ? entry.requestId.slice(0, requestIdMax).replaceAll(/[\t\n]/g, ' ') : entry.requestId
  return `i1\t${endedMs}\t${activeMs}\t${billedMs}\t${outcome}\t${retryCount}\t${requestId}\t${instanceId}\t${qualifier}\t\t${charged}`
}

export function heldLine(entry: Omit<HeldEntry, 'is' | keyof Charged>, charged: string): string {
  const { endedMs, heldMs, cpuMs, instanceId, qualifier } = entry
  return `h1\t${endedMs}\t${heldMs}\t${cpuMs}\t${instanceId}\t${qualifier}\t\t${charged}`
}

export const lostLine = ({ endedMs, invocations }: Omit<LostEntry, 'is'>): string =>
  `l1\t${endedMs}\t${invocations}`

/** What sums are made of. Throws for what this release has not written and does not know. */
export interface Summand {
  is: LedgerEntry['is']
  endedMs: number
  /** Active time, held time, or the number of invocations that were lost. */
  first: number
  /** Of held time, that of the processor. */
  second: number
  /** Empty for what was lost. */
  charged: string
}

const kinds = { i1: 'invocation', h1: 'held', l1: 'lost' } as const

/**
 * Reads no more of a line than sums need, and takes `likely` for the end of the line where it is: this is done for every
 * invocation, and most are of the function of the one before.
 */
export function summandOf(line: string, likely = ''): Summand {
  const version = line.slice(0, 2)
  const is = kinds[version as keyof typeof kinds]
  if (is === undefined || line[2] !== '\t')
    throw new Error(`the ledger knows no entries of kind '${version}'`)
  const ended = numberAt(line, 3)
  const first = numberAt(line, ended.next)
  const second = is === 'held' ? numberAt(line, first.next).value : 0
  return { is, endedMs: ended.value, first: first.value, second, charged: is === 'lost' ? '' : chargedIn(line, likely) } // biome-ignore format: one line
}

function chargedIn(line: string, likely: string): string {
  const start = line.length - likely.length
  if (likely !== '' && line[start - 1] === '\t' && line[start - 2] === '\t' && line.endsWith(likely))
    return likely
  return line.slice(line.lastIndexOf('\t\t') + 2)
}

/** The digits from there on, and what is behind the tab that ends them. */
function numberAt(line: string, from: number): { value: number; next: number } {
  let value = 0
  let at = from
  for (; at < line.length; at++) {
    const digit = line.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  return { value, next: at + 1 }
}

export function decodeLine(line: string): LedgerEntry {
  const { is, endedMs, first, second, charged } = summandOf(line)
  if (is === 'lost') return { is, endedMs, invocations: first }
  const fields = line.slice(0, line.lastIndexOf('\t\t')).split('\t')
  const [instanceId = '', qualifier = ''] = fields.slice(-2)
  const common = { ...chargedOf(charged), qualifier, instanceId, endedMs }
  if (is === 'held') {
    return { is, ...common, kind: common.kind as HeldEntry['kind'], heldMs: first, cpuMs: second }
  }
  const [billedMs, outcome = '', retryCount, requestId = ''] = fields.slice(3)
  return {
    is,
    ...common,
    kind: common.kind as InvocationEntry['kind'],
    requestId,
    retryCount: Number(retryCount),
    outcome,
    billedMs: Number(billedMs),
    activeMs: first,
  }
}
