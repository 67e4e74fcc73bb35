/** The ledger and the bill of a running platform, as `hanshu bill` reads them. */
import assert from 'node:assert/strict'
import { api } from './conformance/conformance.fixture.ts'
import type { Platform } from './platform.fixture.ts'

export interface Entry {
  is: 'invocation' | 'held'
  functionName: string
  requestId: string
  retryCount: number
  outcome: string
  billedMs: number
  activeMs: number
  memoryMb: number
  cpuHundredths: number
  diskMb: number
  endedMs: number
}

export async function ledgerOf(platform: Platform): Promise<Entry[]> {
  const entries: Entry[] = []
  // A test that runs over the end of a month sees both.
  for (const month of months()) {
    const { status, text } = await api(platform, 'GET', `/hanshu/ledger?month=${month}`)
    assert.equal(status, 200, text)
    for (const line of text.split('\n')) if (line !== '') entries.push(JSON.parse(line))
  }
  return entries
}

/** Calls and CU that were used, by the bill: exact decimals. */
export async function billedOf(platform: Platform): Promise<{ requests: bigint; usedCu: number }> {
  let [requests, usedCu] = [0n, 0]
  for (const month of months()) {
    const body = JSON.stringify({ month })
    const { status, text } = await api(platform, 'POST', '/hanshu/bill', { body })
    assert.equal(status, 200, text)
    const { total } = JSON.parse(text)
    requests += BigInt(total.requests)
    usedCu += Number(total.usedCu)
  }
  return { requests, usedCu }
}

/** CU of entries of instances on demand, by the page's formula and not by our code. */
export const cuOf = (entries: readonly Entry[]): number =>
  entries.reduce((sum, { activeMs, memoryMb, cpuHundredths, diskMb }) => {
    const seconds = activeMs / 1000
    return (
      sum + seconds * (cpuHundredths / 100 + (memoryMb / 1024) * 0.15 + (diskMb / 1024) * 0.05) + 75 / 10_000
    )
  }, 0)

function months(): string[] {
  const inZone = (timeMs: number) => new Date(timeMs + 8 * 3_600_000).toISOString().slice(0, 7)
  return [...new Set([inZone(Date.now() - 3_600_000), inZone(Date.now())])]
}
