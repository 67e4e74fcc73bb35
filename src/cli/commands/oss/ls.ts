import { type Command, isSet, outputFlag, text } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { readAddress } from '../../objects/address.ts'
import { connectObjects, type ObjectStorage } from '../../objects/client.ts'
import { type Listed, listBuckets, listObjects, nameOf } from '../../objects/listing.ts'
import { readOutput, table } from '../../output.ts'
import { productFlags } from '../../product.ts'
import { readableBytes } from '../../readable-bytes.ts'
import type { Terminal } from '../../terminal.ts'
import { harmless } from '../../watch/words.ts'

export const ossLs: Command = {
  summary: 'List buckets, or what is in one',
  usage: 'oss ls [oss://BUCKET[/PREFIX]] [-r] [FLAGS]',
  details: [
    'Folder by folder: what is behind the next slash of a key is shown as one folder. With -r every object.',
    'As JSON sizes are in bytes, and a list of any length is printed as it comes.',
  ].join('\n'),
  examples: [
    'hanshu oss ls',
    'hanshu oss ls oss://photos/2026/',
    'hanshu oss ls -r oss://photos --output json | jq ".[].key"',
    'hanshu oss ls -r oss://photos --limit 1000 --after 2026/x.jpg',
  ],
  positionals: { min: 0, max: 1 },
  flags: {
    recursive: { short: 'r', help: 'Every object, not folder by folder.' },
    limit: { value: 'N', help: 'No more than N.' },
    after: { value: 'KEY', help: 'Only keys behind this one, in the order of their bytes.' },
    ...outputFlag,
    ...productFlags('oss'),
  },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const limitText = text(args, 'limit')
    if (limitText !== undefined && !/^[1-9]\d{0,8}$/.test(limitText))
      throw new UsageError(`--limit is a number from 1 on, not ${limitText}.`)
    const limit = limitText === undefined ? Number.POSITIVE_INFINITY : Number(limitText)
    const [typed] = args.positionals
    const address = typed === undefined ? undefined : readAddress(typed)
    const storage = await connectObjects(args, terminal)
    if (address === undefined) {
      await showBuckets(storage, output, limit, terminal)
      return 0
    }
    const items = listObjects(storage, address, {
      ...(isSet(args, 'recursive') ? {} : { delimiter: '/' }),
      after: text(args, 'after'),
      pageSize: Math.min(limit, 1000),
    })
    if (output === 'json') await printArray(atMost(items, limit), terminal)
    else await printObjects(items, limit, terminal)
    return 0
  },
}

async function showBuckets(
  storage: ObjectStorage,
  output: 'text' | 'json',
  limit: number,
  terminal: Terminal,
): Promise<void> {
  const buckets = []
  for await (const bucket of atMost(listBuckets(storage), limit)) buckets.push(bucket)
  if (output === 'json') return terminal.print(JSON.stringify(buckets, null, 2))
  const rows = buckets.map(({ name, created, storageClass, region }) => [name, created, storageClass, region])
  for (const line of table(['BUCKET', 'CREATED', 'CLASS', 'REGION'], rows)) terminal.print(line)
}

/** `1023.9 bytes` does not occur: sizes of bytes are whole. */
const SIZE_COLUMNS = 10

async function printObjects(items: AsyncGenerator<Listed>, limit: number, terminal: Terminal): Promise<void> {
  terminal.print(`${'SIZE'.padStart(SIZE_COLUMNS)}  ${'MODIFIED'.padEnd(20)}  KEY`)
  let objects = 0
  let folders = 0
  let sizeBytes = 0
  let last: Listed | undefined
  for await (const item of items) {
    if (objects + folders >= limit) {
      terminal.note(`There is more: --after '${nameOf(last!)}'`)
      return
    }
    last = item
    if (terminal.signal.aborted) return
    if (item.is === 'prefix') {
      folders++
      terminal.print(`${'folder'.padStart(SIZE_COLUMNS)}  ${' '.repeat(20)}  ${harmless(item.prefix)}`)
      continue
    }
    objects++
    sizeBytes += item.sizeBytes
    const modified = new Date(item.lastModifiedMs).toISOString().replace(/\.\d{3}Z$/, 'Z')
    terminal.print(
      `${readableBytes(item.sizeBytes).padStart(SIZE_COLUMNS)}  ${modified}  ${harmless(item.key)}`,
    )
  }
  const ofFolders = folders === 0 ? '' : `, ${folders} ${folders === 1 ? 'folder' : 'folders'}`
  terminal.note(`${objects} ${objects === 1 ? 'object' : 'objects'}${ofFolders}, ${readableBytes(sizeBytes)}`)
}

async function* atMost<Item>(items: AsyncIterable<Item>, limit: number): AsyncGenerator<Item> {
  let count = 0
  for await (const item of items) {
    yield item
    if (++count >= limit) return
  }
}

async function printArray(items: AsyncIterable<Listed>, terminal: Terminal): Promise<void> {
  let before = '['
  for await (const { is: _, ...item } of items) {
    if (terminal.signal.aborted) return
    const shown =
      'key' in item
        ? { ...item, lastModifiedMs: undefined, lastModified: new Date(item.lastModifiedMs).toISOString() }
        : item
    await terminal.write(Buffer.from(`${before}\n  ${JSON.stringify(shown)}`))
    before = ','
  }
  terminal.print(before === '[' ? '[]' : '\n]')
}
