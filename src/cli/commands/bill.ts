import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parse } from 'yaml'
import { type Arguments, type Command, isSet, outputFlag, platformFlags, text } from '../command.ts'
import { CommandFailed, UsageError } from '../errors.ts'
import { linesOf } from '../http.ts'
import { readOutput } from '../output.ts'
import { connect, type Platform } from '../platform.ts'
import type { Terminal } from '../terminal.ts'

interface Sums {
  requests: string
  vcpuSeconds: string
  memoryGbSeconds: string
  diskGbSeconds: string
  usedCu: string
  cu: string
  packCu: string
  cost: string
}

interface Bill {
  month: string
  timeZone: string
  isOver: boolean
  by: 'function' | 'day' | 'hour'
  prices: string
  currency: string
  rows: (Sums & Partial<Record<Bill['by'], string>>)[]
  total: Sums
  packs: { name: string; cu: number; usedCu: string }[]
  unrecordedInvocations: number
}

export const bill: Command = {
  summary: 'Show what a month costs, by function, day or hour, in CU and in money',
  usage: 'bill [--month YYYY-MM] [FLAGS]',
  details:
    'Every invocation is in the ledger with its time, memory, processor share and disk. In each hour the CU of a function\n' +
    'are rounded up to a whole number and cost at least the minimum of the price file, as on the vendor. Months, days and\n' +
    "hours are those of UTC+8. Without --prices the vendor's list prices are used; they are in the installation as\n" +
    'src/products/functions/billing/list-prices.yaml: copy that file, change it, and name it.',
  examples: [
    'hanshu bill',
    'hanshu bill --month 2026-11 --by day',
    'hanshu bill --month 2026-11 --prices my-prices.yaml --output json | jq .total.cost',
    'hanshu bill --month 2026-11 --entries > ledger.ndjson',
  ],
  positionals: { min: 0, max: 0 },
  flags: {
    month: { value: 'YYYY-MM', help: 'The month; default: this one, as far as it is.' },
    by: { value: 'function|day|hour', help: 'What a line is of; default: function.' },
    prices: {
      value: 'FILE',
      help: "Prices, factors and packs, as YAML or JSON; default: the vendor's list prices.",
    },
    entries: {
      help: 'Print the single entries of the ledger instead, one JSON object a line, as far back as they are kept.',
    },
    ...outputFlag,
    ...platformFlags,
  },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const month = text(args, 'month')
    if (month !== undefined && !/^20\d\d-(0[1-9]|1[0-2])$/.test(month)) {
      throw new UsageError(`--month is a month like 2026-11, not ${month}.`)
    }
    const by = text(args, 'by')
    if (by !== undefined && !['function', 'day', 'hour'].includes(by)) {
      throw new UsageError(`--by is function, day or hour, not ${by}.`)
    }
    if (isSet(args, 'entries')) {
      if (by !== undefined || text(args, 'prices') !== undefined) {
        throw new UsageError('--entries prints what was used, not what it costs: it goes with --month only.')
      }
      return printEntries(await connect(args, terminal), month, terminal)
    }
    const prices = await readPrices(args, terminal)
    const platform = await connect(args, terminal)
    const answer = await platform.call<Bill>({
      action: 'ReadBill',
      method: 'POST',
      path: '/hanshu/bill',
      body: { month, by, prices },
    })
    if (output === 'json') terminal.print(JSON.stringify(answer, null, 2))
    else for (const line of billText(answer)) terminal.print(line)
    return 0
  },
}

async function printEntries(
  platform: Platform,
  month: string | undefined,
  terminal: Terminal,
): Promise<number> {
  const response = await platform.open({
    action: 'ReadLedger',
    method: 'GET',
    path: '/hanshu/ledger',
    query: { month },
  })
  for await (const line of linesOf(response)) if (line !== '') terminal.print(line)
  return 0
}

async function readPrices(args: Arguments, { workingDir }: Terminal): Promise<unknown> {
  const file = text(args, 'prices')
  if (file === undefined) return undefined
  try {
    return parse(await readFile(resolve(workingDir, file), 'utf8'))
  } catch (error) {
    throw new CommandFailed(`Cannot read the prices in ${file}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

function billText(answer: Bill): string[] {
  const { month, timeZone, isOver, by, prices, currency, rows, total, packs } = answer
  const lines = [`${month} (${timeZone}${isOver ? '' : ', so far'}), ${prices}`, '']
  if (rows.length === 0) lines.push('Nothing was used.')
  else {
    const headings = [by.toUpperCase(), 'CALLS', 'vCPU·s', 'GB·s', 'DISK GB·s', 'CU USED', 'CU', currency]
    const cells = [...rows.map((row) => cellsOf(row[by] ?? '', row)), cellsOf('total', total)]
    lines.push(...aligned(headings, cells))
  }
  for (const { name, cu, usedCu } of packs) {
    lines.push('', `Pack ${name}: ${grouped(usedCu)} of ${grouped(String(cu))} CU used.`)
  }
  if (answer.unrecordedInvocations > 0) {
    const count = grouped(String(answer.unrecordedInvocations))
    lines.push('', `NOT included: ${count} invocations that could not be recorded (was the disk full?).`)
  }
  return lines
}

const cellsOf = (name: string, sums: Sums): string[] => [
  name,
  grouped(sums.requests),
  fixed(sums.vcpuSeconds, 3),
  fixed(sums.memoryGbSeconds, 3),
  fixed(sums.diskGbSeconds, 3),
  fixed(sums.usedCu, 3),
  grouped(sums.cu),
  fixed(sums.cost, 4),
]

const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ',')

/** A decimal with so many digits behind the point, rounded half up: text, because it may have more than a number can. */
function fixed(decimal: string, digits: number): string {
  const [whole = '0', fraction = ''] = decimal.split('.')
  const cut = BigInt(whole + fraction.padEnd(digits, '0').slice(0, digits))
  const rounded = String(cut + (Number(fraction[digits] ?? 0) >= 5 ? 1n : 0n)).padStart(digits + 1, '0')
  return `${grouped(rounded.slice(0, -digits))}.${rounded.slice(-digits)}`
}

/** The first column to the left, numbers to the right; a line above the total. */
function aligned(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]!.length)),
  )
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [line(headings), ...rows.slice(0, -1).map(line), rule, line(rows.at(-1)!)]
}
