import { resolve } from 'node:path'
import { type Command, isSet } from '../../command.ts'
import { CommandFailed, UsageError } from '../../errors.ts'
import { isAddress } from '../../objects/address.ts'
import { mergeByName } from '../../objects/merge-by-name.ts'
import type { Moving } from '../../objects/moving.ts'
import { type Entry, entriesOf, isSame, placeIn, remove, type Tree } from '../../objects/sync.ts'
import { conclude, eachOf, placeText, transfer } from '../../objects/transfers.ts'
import { productFlags } from '../../product.ts'
import { treeOf } from './cp.ts'
import { beginMoving, partFlag } from './transfer-flags.ts'

export const ossSync: Command = {
  summary: 'Make one folder or prefix like another, copying what differs',
  usage: 'oss sync SOURCE TARGET [FLAGS]',
  details: [
    'Each is a folder or oss://BUCKET/PREFIX. What differs in size is copied. What has the same size is the same if the',
    'file is older than its object, has the very time of it (as files have that came from there), or two objects have',
    'one ETag; else their CRC-64 decides. A file that got other contents but kept an old time is found by --checksum.',
    'Started again after it was cut off, it goes on with what is missing.',
  ].join('\n'),
  examples: [
    'hanshu oss sync site/ oss://www/',
    'hanshu oss sync site/ oss://www/ --delete --dry-run',
    'hanshu oss sync oss://photos/2026/ ./2026',
  ],
  positionals: { min: 2, max: 2 },
  flags: {
    delete: { help: 'Remove from TARGET what SOURCE does not have.' },
    checksum: { help: 'Compare all bytes of the same size by CRC-64, whatever the times say.' },
    'dry-run': { help: 'Only say what would be done.' },
    force: { help: 'With --delete, even if SOURCE is empty.' },
    ...partFlag,
    ...productFlags('oss'),
  },

  async run(args, terminal) {
    const [source = '', target = ''] = args.positionals
    if (!isAddress(source) && !isAddress(target))
      throw new UsageError('Neither is in Object Storage. Such a place is written oss://BUCKET/PREFIX.')
    const inFolder = (typed: string): string => resolve(terminal.workingDir, typed)
    const from = treeOf(source, inFolder)
    const to = treeOf(target, inFolder)
    if (overlap(from, to)) throw new UsageError('One of the two is within the other.')
    const wish = {
      deletes: isSet(args, 'delete'),
      byChecksum: isSet(args, 'checksum'),
      isDryRun: isSet(args, 'dry-run'),
      isForced: isSet(args, 'force'),
    }
    const moving = await beginMoving(args, terminal)
    try {
      return await sync(from, to, wish, moving)
    } finally {
      moving.progress.end()
    }
  },
}

interface Wish {
  deletes: boolean
  byChecksum: boolean
  isDryRun: boolean
  isForced: boolean
}

async function sync(from: Tree, to: Tree, wish: Wish, moving: Moving): Promise<number> {
  const { terminal } = moving
  const { deletes, byChecksum, isDryRun } = wish
  const source = await begun(entriesOf(from, moving))
  if (deletes && source.isEmpty && !wish.isForced)
    throw new CommandFailed(
      'SOURCE is empty: with --delete nothing would be left of TARGET. If that is meant, say --force.',
    )
  const pairs = mergeByName(source.entries, targetEntries(to, moving))
  let removed = 0
  const tally = await eachOf(pairs, moving, async ({ name, source: wanted, target: there }) => {
    if (!wanted) {
      if (!deletes || !there) return undefined
      if (!isDryRun) await remove(there.place, moving)
      removed++
      terminal.print(`${isDryRun ? 'would remove' : 'removed'} ${placeText(there.place, terminal)}`)
      return undefined
    }
    if (there && (await isSame(wanted, there, { byChecksum, moving }))) return undefined
    const target = there?.place ?? placeIn(to, name)
    if (!target) {
      terminal.note(`skipped ${placeText(wanted.place, terminal)}: its key is no name of a file`)
      return undefined
    }
    const { place, sizeBytes } = wanted
    if (!isDryRun) await transfer({ source: place, target, sizeBytes }, moving)
    return {
      told: `${isDryRun ? 'would copy' : 'copied'} ${placeText(place, terminal)} to ${placeText(target, terminal)}`,
      sizeBytes,
    }
  })
  if (removed > 0) terminal.note(`${isDryRun ? 'would remove' : 'removed'}: ${removed}`)
  return conclude(tally, isDryRun ? 'would copy' : 'copied', terminal)
}

/** A sequence whose first entry is known, so that one knows whether there is any. */
async function begun(
  entries: AsyncGenerator<Entry>,
): Promise<{ isEmpty: boolean; entries: AsyncGenerator<Entry> }> {
  const first = await entries.next()
  async function* all() {
    if (first.done) return
    yield first.value
    yield* entries
  }
  return { isEmpty: first.done === true, entries: all() }
}

/** A folder that is not there yet has nothing in it. */
async function* targetEntries(to: Tree, moving: Moving): AsyncGenerator<Entry> {
  try {
    yield* entriesOf(to, moving)
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined
    if (to.is === 'folder' && cause?.code === 'ENOENT' && cause.path === to.path) return
    throw error
  }
}

function overlap(from: Tree, to: Tree): boolean {
  if (from.is !== 'prefix' || to.is !== 'prefix' || from.bucket !== to.bucket) return false
  return from.key.startsWith(to.key) || to.key.startsWith(from.key)
}
