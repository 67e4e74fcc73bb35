import { readFile } from 'node:fs/promises'
import type { Command } from '../command.ts'

export const version: Command = {
  summary: 'Print the version of hanshu and of the Node.js that runs it',
  usage: 'version',
  examples: ['hanshu version'],
  positionals: { min: 0, max: 0 },
  flags: {},

  async run(_args, terminal) {
    const manifest: unknown = JSON.parse(
      await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
    )
    terminal.print(`hanshu ${(manifest as { version: string }).version} (Node.js ${process.version})`)
    return 0
  },
}
