import { type Command, text } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { readBucketAddress } from '../../objects/address.ts'
import { connectObjects } from '../../objects/client.ts'
import { productFlags } from '../../product.ts'

const acls = ['private', 'public-read', 'public-read-write']

export const ossMb: Command = {
  summary: 'Make a bucket',
  usage: 'oss mb oss://BUCKET [--acl ACL] [FLAGS]',
  details: 'A bucket that is there already and yours stays as it is; with --acl it gets that one.',
  examples: ['hanshu oss mb oss://photos', 'hanshu oss mb oss://www --acl public-read'],
  positionals: { min: 1, max: 1 },
  flags: {
    acl: { value: acls.join('|'), help: 'What those may who do not sign; default: private.' },
    ...productFlags('oss'),
  },

  async run(args, terminal) {
    const bucket = readBucketAddress(args.positionals[0]!)
    const acl = text(args, 'acl')
    if (acl !== undefined && !acls.includes(acl))
      throw new UsageError(`--acl is one of ${acls.join(', ')}, not ${acl}.`)
    const storage = await connectObjects(args, terminal)
    await storage.headersOf({ method: 'PUT', bucket, headers: acl === undefined ? {} : { 'x-oss-acl': acl } })
    terminal.print(`made oss://${bucket}`)
    return 0
  },
}

export const ossRb: Command = {
  summary: 'Remove a bucket that is empty',
  usage: 'oss rb oss://BUCKET [FLAGS]',
  examples: ['hanshu oss rb oss://photos', 'hanshu oss rm -r oss://photos && hanshu oss rb oss://photos'],
  positionals: { min: 1, max: 1 },
  flags: productFlags('oss'),

  async run(args, terminal) {
    const bucket = readBucketAddress(args.positionals[0]!)
    const storage = await connectObjects(args, terminal)
    await storage.headersOf({ method: 'DELETE', bucket })
    terminal.print(`removed oss://${bucket}`)
    return 0
  },
}
