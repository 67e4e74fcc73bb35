import { type Command, isSet, platformFlags } from '../../command.ts'
import { CommandFailed, PlatformRefused } from '../../errors.ts'
import { connect, functionPath, type Platform } from '../../platform.ts'

export const functionRemove: Command = {
  summary: 'Remove a function with its triggers, aliases, versions and configurations',
  usage: 'function remove NAME... [FLAGS]',
  examples: ['hanshu function remove hello', 'hanshu function remove hello other --if-exists'],
  positionals: { min: 1, max: 100 },
  flags: { 'if-exists': { help: 'A function that is not there is no failure.' }, ...platformFlags },

  async run(args, terminal) {
    const platform = await connect(args, terminal)
    for (const functionName of args.positionals) {
      const found = await platform.find({
        action: 'GetFunction',
        method: 'GET',
        path: functionPath(functionName),
      })
      if (found === undefined && !isSet(args, 'if-exists')) {
        throw new CommandFailed(
          `There is no function ${functionName}. hanshu function list shows those there are.`,
        )
      }
      if (found === undefined) continue
      await removeWithParts(platform, functionName)
      terminal.print(`removed ${functionName}`)
    }
    return 0
  },
}

/** What hangs on a function goes first: the API refuses to remove one that still has triggers, aliases or versions. */
async function removeWithParts(platform: Platform, functionName: string): Promise<void> {
  const at = (rest: string) => functionPath(functionName, rest)
  const list = <Item>(action: string, rest: string, key: string) =>
    platform.list<Item>({ action, method: 'GET', path: at(rest) }, key).catch(noneOf<Item[]>([]))
  const remove = (action: string, rest: string, query?: Record<string, string>) =>
    platform.find({ action, method: 'DELETE', path: at(rest), ...(query ? { query } : {}) })
  const removePart: typeof remove = (action, rest, query) =>
    remove(action, rest, query).catch(noneOf<undefined>(undefined))

  for (const { triggerName } of await list<{ triggerName: string }>(
    'ListTriggers',
    '/triggers',
    'triggers',
  )) {
    await remove('DeleteTrigger', `/triggers/${encodeURIComponent(triggerName)}`)
  }
  const aliases = await list<{ aliasName: string }>('ListAliases', '/aliases', 'aliases')
  const versions = await list<{ versionId: string }>('ListFunctionVersions', '/versions', 'versions')
  const qualifiers = [
    'LATEST',
    ...aliases.map((alias) => alias.aliasName),
    ...versions.map((it) => it.versionId),
  ]
  for (const qualifier of qualifiers)
    await removePart('DeleteAsyncInvokeConfig', '/async-invoke-config', { qualifier })
  for (const { aliasName } of aliases)
    await remove('DeleteAlias', `/aliases/${encodeURIComponent(aliasName)}`)
  for (const { versionId } of versions) await remove('DeleteFunctionVersion', `/versions/${versionId}`)
  await removePart('DeleteConcurrencyConfig', '/concurrency')
  await remove('DeleteFunction', '')
}

/** A part that the platform does not implement is a part that no function has. */
const noneOf =
  <Answer>(none: Answer) =>
  (error: unknown): Answer => {
    if (error instanceof PlatformRefused && error.code === 'NotImplemented') return none
    throw error
  }
