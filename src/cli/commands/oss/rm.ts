import { agreed } from '../../agreed.ts'
import { type Command, isSet } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { type Address, addressText, folderOf, readAddress, readObjectAddress } from '../../objects/address.ts'
import { connectObjects, type ObjectStorage } from '../../objects/client.ts'
import { objectsUnder } from '../../objects/listing.ts'
import { abortUploads, inBatches, removeObjects, versionsUnder } from '../../objects/remove-objects.ts'
import { productFlags } from '../../product.ts'
import type { Terminal } from '../../terminal.ts'

export const ossRm: Command = {
  summary: 'Remove objects',
  usage: 'oss rm oss://BUCKET/KEY... | -r oss://BUCKET[/FOLDER] [FLAGS]',
  details: [
    'With -r all that is in the folder; it asks before, unless --force is said. In a bucket with versions what is',
    'removed is hidden and can be had back; --versions removes old versions for good, and uploads that were begun.',
  ].join('\n'),
  examples: [
    'hanshu oss rm oss://photos/2026/a.jpg',
    'hanshu oss rm -r oss://photos/2026/',
    'hanshu oss rm -r oss://photos --versions --force && hanshu oss rb oss://photos',
  ],
  positionals: { min: 1, max: 1000 },
  flags: {
    recursive: { short: 'r', help: 'All that is in the folder, or in the bucket.' },
    force: { short: 'f', help: 'Without asking.' },
    versions: { help: 'With -r: all versions, and uploads in parts that were begun.' },
    ...productFlags('oss'),
  },

  async run(args, terminal) {
    if (!isSet(args, 'recursive')) {
      if (isSet(args, 'versions')) throw new UsageError('--versions is for -r.')
      const addresses = args.positionals.map(readObjectAddress)
      for (const address of addresses) {
        if (address.key.endsWith('/'))
          throw new UsageError(`${addressText(address)} is a folder. Say -r for all that is in it.`)
      }
      const storage = await connectObjects(args, terminal)
      for (const address of addresses) {
        // A removal of what is not there is answered like any other; who mistyped wants to know.
        await storage.headersOf({ method: 'HEAD', ...address })
        await storage.headersOf({ method: 'DELETE', ...address })
        terminal.print(`removed ${addressText(address)}`)
      }
      return 0
    }
    const folders = args.positionals.map((typed) => folderOf(readAddress(typed)))
    const storage = await connectObjects(args, terminal)
    for (const folder of folders) {
      const where = addressText(folder)
      const what = isSet(args, 'versions') ? 'all versions of all' : 'all'
      const question = `Remove ${what} that is in ${where}? [y/N] `
      if (!isSet(args, 'force') && !(await agreed(question, terminal))) return 1
      await removeAll(storage, folder, isSet(args, 'versions'), terminal)
    }
    return 0
  },
}

async function removeAll(
  storage: ObjectStorage,
  folder: Address,
  withVersions: boolean,
  terminal: Terminal,
): Promise<void> {
  const { bucket, key } = folder
  const isWatched = terminal.progressColumns !== undefined
  let removed = 0
  let aborted = 0
  try {
    const items = withVersions ? versionsUnder(storage, bucket, key) : keysUnder(storage, folder)
    for await (const batch of inBatches(items)) {
      await removeObjects(storage, bucket, batch)
      removed += batch.length
      if (isWatched) terminal.progress(`removed ${removed.toLocaleString('en')}`, false)
    }
    if (withVersions) aborted = await abortUploads(storage, bucket, key)
  } finally {
    if (isWatched) terminal.progress('', false)
  }
  const ofUploads = aborted === 0 ? '' : `, aborted ${counted(aborted, 'upload')}`
  const what = counted(removed, withVersions ? 'version' : 'object')
  terminal.print(`removed ${what} of ${addressText(folder)}${ofUploads}`)
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

async function* keysUnder(storage: ObjectStorage, folder: Address) {
  for await (const { key } of objectsUnder(storage, folder)) yield { key }
}
