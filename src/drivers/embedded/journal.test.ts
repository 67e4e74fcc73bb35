import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { journalContract } from '../../ports/journal.contract.ts'
import type { Journal } from '../../ports/journal.ts'
import { type FileJournalOptions, fileJournal } from './journal.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
const mounted: string[] = []
after(async () => {
  for (const disk of mounted) execFileSync('umount', [disk])
  await remove()
})

const opened = new WeakMap<Journal, FileJournalOptions>()
async function openAt(dir: string, differs: Partial<FileJournalOptions> = {}): Promise<Journal> {
  const options = { dir, clock: new ManualClock(), log: silentLogger, ...differs }
  const journal = await fileJournal(options)
  opened.set(journal, options)
  return journal
}

// Segments so small that most rules are met at their borders.
journalContract(
  'files',
  ({ bytesMax }) => openAt(newPath('journal'), { bytesMax, segmentBytesMax: bytesMax / 4 }),
  {
    async reopen(journal) {
      await journal.close()
      const { dir, ...options } = opened.get(journal)!
      return openAt(dir, options)
    },
  },
)

const text = (journal: Journal, from = 0) =>
  journal
    .read(from, { limit: 100 })
    .then(({ entries }) => entries.map(({ data }) => Buffer.from(data).toString()))

test('an entry that is appended is in the file at once, and durable by and by', async () => {
  const dir = newPath('journal')
  const clock = new ManualClock()
  const journal = await openAt(dir, { clock })
  journal.append(Buffer.from('at once'))
  assert.ok(readFileSync(join(dir, readdirSync(dir)[0]!)).includes('at once'))
  assert.equal(clock.pendingTimers, 1)
  clock.advance(100)
  await journal.flush()
  assert.equal(clock.pendingTimers, 0)
  await journal.close()
})

test('what a crash broke off, wherever it did, is cut off and nothing before it', async () => {
  const whole = newPath('journal')
  const journal = await openAt(whole)
  journal.append(Buffer.from('first'))
  const second = journal.end
  journal.append(Buffer.from('second'))
  await journal.close()
  const [name] = readdirSync(whole)
  const bytes = readFileSync(join(whole, name!))
  for (let length = 0; length < bytes.length; length++) {
    const dir = newPath('journal')
    mkdirSync(dir)
    writeFileSync(join(dir, name!), bytes.subarray(0, length))
    const left = await openAt(dir)
    const kept = length < second ? [] : ['first']
    assert.deepEqual(await text(left), kept)
    assert.equal(left.end, length < second ? 0 : second)
    left.append(Buffer.from('third'))
    assert.deepEqual(await text(left, left.end - 13), ['third'])
    await left.close()
  }
})

test('zeros at the end of a file are no entries', async () => {
  const dir = newPath('journal')
  const journal = await openAt(dir)
  journal.append(Buffer.from('a'))
  await journal.close()
  appendFileSync(join(dir, readdirSync(dir)[0]!), Buffer.alloc(4096))
  const left = await openAt(dir)
  assert.deepEqual(await text(left), ['a'])
  await left.close()
})

test('damage loses the rest of its file and is said; what is appended later is read', async () => {
  const dir = newPath('journal')
  const said: string[] = []
  const log = { ...silentLogger, error: (_: object, sentence: string) => void said.push(sentence) }
  const journal = await openAt(dir, { log })
  for (const word of ['one', 'two', 'three']) journal.append(Buffer.from(word))
  await journal.flush()
  const file = join(dir, readdirSync(dir)[0]!)
  const bytes = readFileSync(file)
  bytes[bytes.indexOf('two')]! ^= 1
  writeFileSync(file, bytes)
  const { entries, next } = await journal.read(0, { limit: 100 })
  assert.deepEqual(entries.map(({ data }) => `${data}`), ['one']) // biome-ignore format: one line
  assert.deepEqual(await text(journal, next), [])
  assert.deepEqual(said, ['a journal file is damaged; the rest of it is skipped'])
  journal.append(Buffer.from('four'))
  assert.deepEqual(await text(journal, next), ['four'])
  await journal.close()
})

test('a trim gives the room of whole files back', async () => {
  const dir = newPath('journal')
  const journal = await openAt(dir, { segmentBytesMax: 1000 })
  for (let n = 0; n < 100; n++) journal.append(Buffer.alloc(100))
  assert.ok(readdirSync(dir).length > 10)
  await journal.trim(journal.end)
  assert.equal(readdirSync(dir).length, 1)
  await journal.close()
})

function smallDisk(): string | undefined {
  const disk = newPath('disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'hanshu-test', disk], { stdio: 'pipe' })
  } catch {
    return undefined
  }
  mounted.push(disk)
  return disk
}
const disk = smallDisk()

test('a full disk is an error of the append, which leaves no half of it, and goes on when there is room', {
  skip: disk === undefined && 'this user may not mount a file system',
}, async () => {
  const dir = join(disk!, 'journal')
  const journal = await openAt(dir)
  let kept = 0
  const fill = () => {
    for (;;) {
      journal.append(Buffer.alloc(10_000, 1))
      kept++
    }
  }
  assert.throws(fill, { code: 'ENOSPC' })
  assert.throws(() => journal.append(Buffer.alloc(20_000)), { code: 'ENOSPC' })
  const before = kept
  await journal.close()
  const again = await openAt(dir)
  assert.equal((await again.read(0, { limit: 1000 })).entries.length > 0, true)
  let read = 0
  for (let at = 0; ; ) {
    const { entries, next } = await again.read(at, { limit: 10 })
    if (entries.length === 0) break
    read += entries.length
    at = next
  }
  assert.equal(read, before)
  await again.trim(again.end)
  again.append(Buffer.alloc(20_000))
  await again.close()
  rmSync(dir, { recursive: true })
})
