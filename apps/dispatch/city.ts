/** `sh city`: builds, sets up, deploys, and says where the city is; `sh city peak` replays its noon. */
import { spawn } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { root } from './build.ts'
import { deployCity } from './deploy-city.ts'
import { appKeyOf } from './set-up.ts'

const say = (line: string) => void process.stdout.write(`${line}\n`)

async function main(words: readonly string[]): Promise<void> {
  if (words.includes('--help') || words.includes('-h')) {
    say('sh apps/dispatch/city [peak] [flags]: deploys the city to the platform that runs here, and then:\n')
    return live(['--help'], {})
  }
  const cityFile = resolve(process.env['DISPATCH_CITY'] ?? join(root, 'cities/wudaokou.json'))
  await access(cityFile)
  const dataDir = resolve(process.env['HANSHU_DATA'] ?? join(root, '../../data'))
  const { platform, address, addressByPath } = await deployCity({ cityFile, dataDir, workDir: root, say })
  const { appKey, appSecret } = await appKeyOf(platform, 'dispatch_staff')
  say(`
  customers   ${address}/
  kitchens    ${address}/merchant
  riders      ${address}/rider
  operations  ${address}/operations
`)
  const isPeak = words[0] === 'peak'
  const flags = isPeak ? ['--peak', ...words.slice(1)] : words
  say(
    isPeak
      ? 'the noon peak begins; Ctrl-C ends it'
      : 'people come to life; Ctrl-C ends it, and the city stays',
  )
  await live(['--city', cityFile, '--roads', join(root, 'code/city.roads'), ...flags], {
    DISPATCH_URL: addressByPath,
    DISPATCH_APP_KEY: appKey,
    DISPATCH_APP_SECRET: appSecret,
  })
}

/** The simulator, for as long as it goes on. */
function live(flags: readonly string[], environment: Record<string, string>): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'simulate/main.ts'), ...flags],
    { stdio: 'inherit', env: { ...process.env, ...environment } },
  )
  // It hears Ctrl-C itself, and says how the day was.
  process.on('SIGINT', () => {})
  process.once('SIGTERM', () => void child.kill('SIGTERM'))
  return new Promise((done, reject) => {
    child.once('error', reject)
    child.once('exit', (status) => {
      process.exitCode = status ?? 1
      done()
    })
  })
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`city: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
