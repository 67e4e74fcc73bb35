import { type Command, platformFlags } from '../command.ts'
import { UsageError } from '../errors.ts'
import { connect } from '../platform.ts'

const methods = { get: 'GET', put: 'PUT', post: 'POST', delete: 'DELETE' } as const

export const identity: Command = {
  summary: 'Manage users, access keys, roles and policies',
  usage: 'identity get|put|post|delete PATH [DOCUMENT] [FLAGS]',
  details: `PATH is users, roles or policies, then a name; DOCUMENT is JSON. All that there is:
src/products/identity/README.md, Administration. Only the access key of the account may do this.
The secret of a new access key is printed once and never shown again.`,
  examples: [
    'hanshu identity put users/ann \'{"policies": []}\'',
    'hanshu identity post users/ann/access-keys',
    'hanshu identity get users',
    'hanshu identity delete users/ann',
  ],
  positionals: { min: 2, max: 3 },
  flags: platformFlags,

  async run(args, terminal) {
    const [verb = '', path = '', document] = args.positionals
    if (!Object.hasOwn(methods, verb)) throw new UsageError(`Say get, put, post or delete, not ${verb}.`)
    const body = document === undefined ? {} : { body: parsed(document) }
    const platform = await connect(args, terminal)
    const answer = await platform.call<Record<string, unknown>>({
      action: 'ManageIdentities',
      method: methods[verb as keyof typeof methods],
      path: `/hanshu/identity/${path.split('/').map(encodeURIComponent).join('/')}`,
      ...body,
    })
    terminal.print(verb === 'delete' ? `deleted: ${path}` : JSON.stringify(answer, null, 2))
    return 0
  },
}

function parsed(document: string): unknown {
  try {
    return JSON.parse(document)
  } catch {
    throw new UsageError('DOCUMENT is not JSON.')
  }
}
