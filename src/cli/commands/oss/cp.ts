import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { type Command, isSet } from '../../command.ts'
import { CommandFailed, UsageError } from '../../errors.ts'
import {
  type Address,
  baseName,
  folderOf,
  isAddress,
  readAddress,
  readObjectAddress,
} from '../../objects/address.ts'
import { fetchToOutput } from '../../objects/fetch-object.ts'
import type { Moving } from '../../objects/moving.ts'
import { sendStream } from '../../objects/send-file.ts'
import { entriesOf, placeIn, type Tree } from '../../objects/sync.ts'
import {
  conclude,
  eachOf,
  type Place,
  placeText,
  sizeOfFile,
  type Transfer,
  transfer,
} from '../../objects/transfers.ts'
import { productFlags } from '../../product.ts'
import { readableBytes } from '../../readable-bytes.ts'
import { beginMoving, partFlag } from './transfer-flags.ts'

export const ossCp: Command = {
  summary: 'Copy files to, from and between buckets',
  usage: 'oss cp SOURCE TARGET [-r] [FLAGS]',
  details: [
    'Each is a file, a folder, oss://BUCKET/KEY, or - for standard input or output; one at least is in Object Storage.',
    'A target that is a folder, or ends in a slash, takes the name of the source. With -r what is in the folder SOURCE',
    'goes under TARGET. Large files are sent in parts, several at a time; the bytes that arrived are compared by their',
    'CRC-64. A file is written beside its name first, so that a copy which fails leaves what was there. A copy that was',
    'cut off is taken up by hanshu oss sync, file by file.',
  ].join('\n'),
  examples: [
    'hanshu oss cp a.jpg oss://photos/2026/',
    'hanshu oss cp -r site/ oss://www/',
    'hanshu oss cp oss://photos/2026/a.jpg .',
    'hanshu oss cp -r oss://photos/2026/ oss://archive/photos/2026/',
    'tar cz src | hanshu oss cp - oss://backups/src.tgz',
    'hanshu oss cp oss://backups/src.tgz - | tar tz',
  ],
  positionals: { min: 2, max: 2 },
  flags: {
    recursive: { short: 'r', help: 'All that is in a folder.' },
    ...partFlag,
    ...productFlags('oss'),
  },

  async run(args, terminal) {
    const [source = '', target = ''] = args.positionals
    const isRecursive = isSet(args, 'recursive')
    if (!isAddress(source) && !isAddress(target))
      throw new UsageError('Neither is in Object Storage. Such a place is written oss://BUCKET/KEY.')
    if (source === '-' || target === '-') {
      if (isRecursive) throw new UsageError('-r is for folders; - is a single stream.')
      const moving = await beginMoving(args, terminal)
      try {
        if (target === '-') await fetchToOutput(readObjectAddress(source), moving)
        else await fromInput(target, moving)
      } finally {
        moving.progress.end()
      }
      return 0
    }
    const inFolder = (typed: string): string => resolve(terminal.workingDir, typed)
    const moving = await beginMoving(args, terminal)
    try {
      if (isRecursive) return await copyTree(treeOf(source, inFolder), treeOf(target, inFolder), moving)
      const from = placeOf(source, inFolder)
      await copyOne(from, await targetOf(from, target, inFolder), moving)
      return 0
    } finally {
      moving.progress.end()
    }
  },
}

async function copyOne(source: Place, target: Place, moving: Moving): Promise<void> {
  const sizeBytes = source.is === 'file' ? await sizeOfFile(source.path) : await sizeOfObject(source, moving)
  const { terminal } = moving
  const one: Transfer = { source, target, sizeBytes }
  moving.progress.allKnown()
  await transfer(one, moving)
  terminal.print(
    `copied ${placeText(source, terminal)} to ${placeText(target, terminal)} (${readableBytes(sizeBytes)})`,
  )
}

async function sizeOfObject({ bucket, key }: Address, { storage }: Moving): Promise<number> {
  return Number((await storage.headersOf({ method: 'HEAD', bucket, key }))['content-length'])
}

async function copyTree(from: Tree, to: Tree, moving: Moving): Promise<number> {
  const { terminal } = moving
  let isEmpty = true
  async function* found() {
    for await (const entry of entriesOf(from, moving)) {
      isEmpty = false
      yield entry
    }
  }
  const tally = await eachOf(found(), moving, async ({ name, place, sizeBytes }) => {
    const target = placeIn(to, name)
    if (!target) {
      terminal.note(`skipped ${placeText(place, terminal)}: its key is no name of a file`)
      return undefined
    }
    await transfer({ source: place, target, sizeBytes }, moving)
    return { told: `copied ${placeText(place, terminal)} to ${placeText(target, terminal)}`, sizeBytes }
  })
  if (isEmpty && from.is === 'prefix')
    throw new CommandFailed(`There is nothing under oss://${from.bucket}/${from.key}.`)
  return conclude(tally, 'copied', terminal)
}

async function fromInput(typed: string, moving: Moving): Promise<void> {
  const target = readObjectAddress(typed)
  if (target.key.endsWith('/')) throw new UsageError(`${typed} has no name for what comes by standard input.`)
  const input = moving.terminal.openInput()
  try {
    await sendStream(input, target, moving)
  } finally {
    input.destroy()
  }
}

export function treeOf(typed: string, inFolder: (typed: string) => string): Tree {
  return isAddress(typed)
    ? { is: 'prefix', ...folderOf(readAddress(typed)) }
    : { is: 'folder', path: inFolder(typed) }
}

function placeOf(typed: string, inFolder: (typed: string) => string): Place {
  if (!isAddress(typed)) return { is: 'file', path: inFolder(typed) }
  const address = readAddress(typed)
  if (address.key === '' || address.key.endsWith('/'))
    throw new UsageError(`${typed} is a folder. Say -r for all that is in it.`)
  return { is: 'object', ...address }
}

/** A target that is a folder takes the source's name. */
async function targetOf(source: Place, typed: string, inFolder: (typed: string) => string): Promise<Place> {
  const name = source.is === 'file' ? basename(source.path) : baseName(source.key)
  if (isAddress(typed)) {
    const { bucket, key } = readAddress(typed)
    return { is: 'object', bucket, key: key === '' || key.endsWith('/') ? key + name : key }
  }
  const path = inFolder(typed)
  const isFolder =
    typed.endsWith('/') ||
    (await stat(path).then(
      (found) => found.isDirectory(),
      // Not there yet, most likely; what else is wrong with it is said when it is written.
      () => false,
    ))
  if (isFolder && (name === '.' || name === '..'))
    throw new UsageError(`${name} is no name that a file could have. Give it one.`)
  return { is: 'file', path: isFolder ? join(path, name) : path }
}
