import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import { type Journal, JournalFull, journalEntryBytesMax } from './journal.ts'

export interface JournalContractOptions {
  /** For drivers that outlive their process: closes the journal and opens what it left. */
  reopen?: (journal: Journal) => Promise<Journal>
}

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))

/** What every Journal does. Each driver's test file calls this with its own way to open an empty one of a bound. */
export function journalContract(
  driverName: string,
  openEmpty: (options: { bytesMax: number }) => Promise<Journal>,
  { reopen }: JournalContractOptions = {},
): void {
  describe(`${driverName} keeps the Journal contract`, () => {
    let journal: Journal
    beforeEach(async () => {
      journal = await openEmpty({ bytesMax: 1_000_000 })
    })
    afterEach(() => journal.close())

    const append = (...texts: string[]) => texts.map((text) => journal.append(bytes(text)))
    const readAll = async (from = 0, limit = 3) => {
      const found: string[] = []
      for (let at = from; ; ) {
        const { entries, next } = await journal.read(at, { limit })
        assert.ok(entries.length <= limit)
        found.push(...entries.map(({ data }) => Buffer.from(data).toString()))
        if (entries.length === 0) {
          assert.equal(next, Math.max(at, journal.end))
          return found
        }
        assert.ok(next > at)
        at = next
      }
    }

    it('answers nothing while it is empty', async () => {
      assert.deepEqual(await journal.read(0, { limit: 10 }), { entries: [], next: journal.end })
      await journal.flush()
      await journal.trim(journal.end)
    })

    it('answers entries in the order in which they came', async () => {
      append('a', 'b', 'c', 'd')
      assert.deepEqual(await readAll(), ['a', 'b', 'c', 'd'])
    })

    it('answers the position behind an entry, from which the rest is read', async () => {
      const [, second] = append('a', 'b', 'c', 'd')
      assert.deepEqual(await readAll(second), ['c', 'd'])
      const { entries, next } = await journal.read(0, { limit: 2 })
      assert.equal(next, second)
      assert.ok(entries[0]!.position < entries[1]!.position && entries[1]!.position < next)
      assert.equal(append('e')[0], journal.end)
      assert.deepEqual(await readAll(journal.end), [])
    })

    it('keeps an entry as it was, whatever becomes of the bytes that were handed in', async () => {
      const mine = bytes('mine')
      journal.append(mine)
      mine.fill(0)
      assert.deepEqual(await readAll(), ['mine'])
    })

    it('refuses an entry of nothing and one that is too large; the largest is kept', async () => {
      assert.throws(() => journal.append(new Uint8Array()), RangeError)
      assert.throws(() => journal.append(new Uint8Array(journalEntryBytesMax + 1)), RangeError)
      journal.append(new Uint8Array(journalEntryBytesMax))
      assert.equal((await journal.read(0, { limit: 1 })).entries[0]!.data.length, journalEntryBytesMax)
    })

    it('forgets nothing at or behind the position of a trim', async () => {
      const [first] = append('a', 'b', 'c')
      await journal.trim(first!)
      assert.deepEqual((await readAll(first)).slice(-2), ['b', 'c'])
      const end = journal.end
      await journal.trim(end)
      assert.equal(journal.end, end)
      append('d')
      assert.deepEqual(await readAll(end), ['d'])
    })

    it('refuses entries beyond its bound, and takes them again after a trim', async () => {
      await journal.close()
      journal = await openEmpty({ bytesMax: 10_000 })
      const fill = () => {
        let kept = 0
        for (;;) {
          try {
            journal.append(new Uint8Array(100))
            kept++
          } catch (error) {
            assert.ok(error instanceof JournalFull)
            return kept
          }
        }
      }
      const kept = fill()
      assert.ok(kept > 0 && kept <= 100)
      assert.equal((await readAll()).length, kept)
      await journal.trim(journal.end)
      assert.ok(fill() > 0)
    })

    it('never goes back before a position that it was told to skip to', async () => {
      append('a')
      const far = journal.end + 1000
      journal.skipTo(far)
      assert.ok(journal.end >= far)
      append('b')
      assert.deepEqual(await readAll(far), ['b'])
      assert.deepEqual(await readAll(), ['a', 'b'])
      const { end } = journal
      journal.skipTo(far)
      assert.equal(journal.end, end)
    })

    it('throws when it is used after it was closed; closing twice does no harm', async () => {
      const closed = await openEmpty({ bytesMax: 1000 })
      await closed.close()
      await closed.close()
      assert.throws(() => closed.append(bytes('a')), /closed/)
      await assert.rejects(closed.read(0, { limit: 1 }), /closed/)
    })

    it('keeps entries and positions over a restart', { skip: !reopen }, async () => {
      const [first] = append('a', 'b')
      await journal.flush()
      const { end } = journal
      journal = await reopen!(journal)
      assert.equal(journal.end, end)
      assert.deepEqual(await readAll(first), ['b'])
      append('c')
      journal = await reopen!(journal)
      assert.deepEqual(await readAll(), ['a', 'b', 'c'])
    })

    it('knows how far it was over a restart when all is trimmed, or was skipped', {
      skip: !reopen,
    }, async () => {
      append('a')
      journal = await reopen!(journal)
      const { end } = journal
      await journal.trim(end)
      journal = await reopen!(journal)
      assert.equal(journal.end, end)
      journal.skipTo(end + 500)
      journal = await reopen!(journal)
      assert.equal(journal.end, end + 500)
      append('b')
      journal = await reopen!(journal)
      assert.deepEqual(await readAll(end), ['b'])
    })

    it('is a list with positions, whatever is done to it', async () => {
      const step = fc.oneof(
        { weight: 6, arbitrary: fc.record({ do: fc.constant('append'), size: fc.integer({ min: 1, max: 9000 }) }) }, // biome-ignore format: one line
        { weight: 2, arbitrary: fc.record({ do: fc.constant('trim'), size: fc.nat({ max: 10 }) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('skip'), size: fc.nat({ max: 5000 }) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('flush'), size: fc.constant(0) }) },
        { weight: reopen ? 1 : 0, arbitrary: fc.record({ do: fc.constant('reopen'), size: fc.constant(0) }) },
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          journal = await openEmpty({ bytesMax: 10_000_000 })
          let kept: { text: string; behind: number }[] = []
          let trimmed = 0
          let end = 0
          for (const [at, { do: what, size }] of steps.entries()) {
            if (what === 'append') {
              const text = `${at}`.repeat(size).slice(0, size)
              kept.push({ text, behind: journal.append(bytes(text)) })
            } else if (what === 'trim') {
              trimmed = kept[Math.min(size, kept.length) - 1]?.behind ?? trimmed
              kept = kept.filter(({ behind }) => behind > trimmed)
              await journal.trim(trimmed)
            } else if (what === 'skip') journal.skipTo(journal.end + size)
            else if (what === 'flush') await journal.flush()
            else journal = await reopen!(journal)
            assert.ok(journal.end >= end)
            end = journal.end
          }
          assert.deepEqual(await readAll(trimmed, 7), kept.map(({ text }) => text)) // biome-ignore format: one line
          await journal.close()
        }),
        { numRuns: 100 },
      )
    })
  })
}
