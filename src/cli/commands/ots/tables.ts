import { agreed } from '../../agreed.ts'
import { type Command, isSet, outputFlag, text } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { numberFlag } from '../../number-flag.ts'
import { readOutput } from '../../output.ts'
import { connectTables, tableFlags } from '../../tables/client.ts'
import { keyColumnsOf } from '../../tables/columns.ts'
import {
  AUTO_INCREMENT,
  createTable,
  describedTable,
  type KeyType,
  keyTypes,
  nothing,
  tableName,
  tableNames,
} from '../../tables/messages.ts'
import { outline } from '../status.ts'

export const otsList: Command = {
  summary: 'List the tables of an instance',
  usage: 'ots list [FLAGS]',
  examples: ['hanshu ots list --instance shop', 'HANSHU_OTS_INSTANCE=shop hanshu ots list --output json'],
  positionals: { min: 0, max: 0 },
  flags: { ...outputFlag, ...tableFlags },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const tables = await connectTables(args, terminal)
    const listed = await tables.call({ name: 'ListTable', request: nothing, response: tableNames }, {})
    const names = listed.table_names.toSorted()
    if (output === 'json') terminal.print(JSON.stringify(names, null, 2))
    else for (const name of names) terminal.print(name)
    return 0
  },
}

export const otsDescribe: Command = {
  summary: 'Show the key, the options and the indexes of a table',
  usage: 'ots describe TABLE [FLAGS]',
  examples: ['hanshu ots describe orders --instance shop'],
  positionals: { min: 1, max: 1 },
  flags: { ...outputFlag, ...tableFlags },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const tables = await connectTables(args, terminal)
    const described = await tables.call(
      { name: 'DescribeTable', request: tableName, response: describedTable },
      { table_name: args.positionals[0]! },
    )
    const {
      table_meta: meta,
      table_options: options,
      stream_details: stream,
      index_metas: indexes,
    } = described
    const answer = {
      table: meta.table_name,
      primaryKey: keyColumnsOf(meta.primary_key).map(
        ({ name, type, isAutoIncrement }) => `${name}:${type}${isAutoIncrement ? ':auto' : ''}`,
      ),
      timeToLiveSeconds: options.time_to_live,
      maxVersions: options.max_versions,
      ...(stream?.stream_id ? { streamHours: stream.expiration_time } : {}),
      indexes: indexes.map((index) => ({
        name: index.name,
        key: index.primary_key.join(' '),
        columns: index.defined_column.join(' '),
      })),
    }
    if (output === 'json') terminal.print(JSON.stringify(answer, null, 2))
    else for (const line of outline(answer)) terminal.print(line)
    return 0
  },
}

export const otsCreateTable: Command = {
  summary: 'Create a table',
  usage: 'ots create-table TABLE COLUMN:TYPE... [FLAGS]',
  details: [
    'The columns are those of the primary key, four at most, in their order; TYPE is integer, string or binary. All but',
    'the first may be integer:auto, which the table numbers by itself. Other columns need not be named.',
  ].join('\n'),
  examples: [
    'hanshu ots create-table orders customer:string id:integer --instance shop',
    'hanshu ots create-table log device:string at:integer:auto --ttl 604800 --instance shop',
  ],
  positionals: { min: 2, max: 5 },
  flags: {
    ttl: { value: 'SECONDS', help: 'How long columns are kept, 86400 or more; default: for ever.' },
    versions: { value: 'N', help: 'How many versions of a column are kept; default: 1.' },
    stream: {
      value: 'HOURS',
      help: 'Keep changes in a stream for so long, which triggers need; default: no stream.',
    },
    ...tableFlags,
  },

  async run(args, terminal) {
    const [name = '', ...columns] = args.positionals
    const ttl = numberFlag(args, 'ttl', { min: 86_400, max: 2 ** 31 - 1 })
    const versions = numberFlag(args, 'versions', { min: 1, max: 2 ** 31 - 1 })
    const hours = numberFlag(args, 'stream', { min: 1, max: 168 })
    const primaryKey = columns.map(readKeyColumn)
    const tables = await connectTables(args, terminal)
    await tables.call(
      { name: 'CreateTable', request: createTable, response: nothing },
      {
        table_meta: { table_name: name, primary_key: primaryKey },
        reserved_throughput: { capacity_unit: { read: 0, write: 0 } },
        table_options: { time_to_live: ttl ?? -1, max_versions: versions ?? 1 },
        ...(hours === undefined ? {} : { stream_spec: { enable_stream: true, expiration_time: hours } }),
      },
    )
    terminal.print(`created the table ${name}`)
    return 0
  },
}

function readKeyColumn(typed: string): { name: string; type: 1 | 2 | 3; option?: typeof AUTO_INCREMENT } {
  const [name = '', type = '', option, ...more] = typed.split(':')
  const isAuto = option === 'auto' && type === 'integer'
  if (name === '' || !Object.hasOwn(keyTypes, type) || (option !== undefined && !isAuto) || more.length > 0)
    throw new UsageError(
      `${typed} is no column of a key. It is written NAME:integer, :string, :binary or :integer:auto.`,
    )
  return { name, type: keyTypes[type as KeyType], ...(isAuto ? { option: AUTO_INCREMENT } : {}) }
}

export const otsDropTable: Command = {
  summary: 'Drop a table with its rows',
  usage: 'ots drop-table TABLE [--force] [FLAGS]',
  examples: [
    'hanshu ots drop-table orders --instance shop',
    'hanshu ots drop-table orders --instance shop --force',
  ],
  positionals: { min: 1, max: 1 },
  flags: { force: { short: 'f', help: 'Without asking.' }, ...tableFlags },

  async run(args, terminal) {
    const name = args.positionals[0]!
    const tables = await connectTables(args, terminal)
    const question = `Drop the table ${name} of ${tables.instance} with its rows? [y/N] `
    if (!isSet(args, 'force') && !(await agreed(question, terminal))) return 1
    await tables.call({ name: 'DeleteTable', request: tableName, response: nothing }, { table_name: name })
    terminal.print(`dropped the table ${name}`)
    return 0
  },
}
