/** `sh city`: builds, sets up, deploys, and says where the city is; `sh city peak` replays its noon. */
import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { root } from './build.ts'
import { deployCity } from './deploy-city.ts'

const say = (line: string) => void process.stdout.write(`${line}\n`)

async function main(words: readonly string[]): Promise<void> {
  const cityFile = resolve(process.env['DISPATCH_CITY'] ?? join(root, 'cities/wudaokou.json'))
  await access(cityFile)
  const dataDir = resolve(process.env['HANSHU_DATA'] ?? join(root, '../../data'))
  const { address } = await deployCity({ cityFile, dataDir, workDir: root, say })
  void words
  say(`\nThe city is at ${address}/`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`city: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
