/** Engines for records: records/engines.ts, its table turned into rows of ours. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Group } from '../lib/row.ts'

export const records: Group = {
  name: 'records',
  title: 'Engines for records, 10,000 records (the platform uses the first of each line)',

  async run(bench) {
    const script = join(import.meta.dirname, '../records/engines.ts')
    const [rounds, durationMs] = bench.quick ? [1, 150] : [3, 500]
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', script, String(rounds), String(durationMs)],
      { cwd: bench.folder, timeout: 150_000 },
    )
    const [head = [], , ...lines] = stdout
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      )
    if (lines.length === 0) throw new Error(`records/engines.ts printed no table: ${stdout}`)
    const names = head.slice(1)
    return lines.map(([what = '', ...cells]) => ({
      what: `${what} (${names
        .slice(1)
        .map((name, index) => `${name}: ${cells[index + 1]}`)
        .join('; ')})`,
      median: `${names[0]}: ${cells[0]}`,
    }))
  },
}
