import { UsageError } from './errors.ts'

export function readOutput(typed: string | undefined): 'text' | 'json' {
  if (typed === undefined || typed === 'text' || typed === 'json') return typed ?? 'text'
  throw new UsageError(`--output is text or json, not ${typed}.`)
}

/** Columns as wide as their widest cell; a heading, then the rows. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  return [headings, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}
