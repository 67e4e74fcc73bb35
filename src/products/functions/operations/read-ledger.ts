import { Readable } from 'node:stream'
import { billingTime, monthOf } from '../billing/month.ts'
import { invalidArgument } from '../errors.ts'
import { none, operation } from '../vocabulary.ts'

/** Ours: the single entries of the ledger that are kept of a month, one JSON object a line, oldest first. */
export const readLedger = operation({
  name: 'ReadLedger',
  route: 'GET /hanshu/ledger',
  body: none,

  async handle({ query }, { accountId, ledger, clock, signal }) {
    const month = query.get('month') || billingTime(clock.now()).slice(0, 7)
    const time = monthOf(month)
    if (time === undefined) throw invalidArgument(`month must be like 2026-11 (actual: '${month}')`)
    await ledger.settle()
    return {
      status: 200,
      headers: { 'content-type': 'application/x-ndjson' },
      body: Readable.from(jsonLines(time)),
    }

    async function* jsonLines(range: { fromMs: number; toMs: number }): AsyncGenerator<string> {
      for await (const entry of ledger.entries(accountId, range)) {
        if (signal.aborted) return
        yield `${JSON.stringify(entry)}\n`
      }
    }
  },
})
