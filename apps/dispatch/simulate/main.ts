/** `node apps/dispatch/simulate/main.ts --help` */
import { setTimeout as pause } from 'node:timers/promises'
import { readRoads } from './city-files.ts'
import { optionsOf, type SimulationOptions, UsageError, usage } from './options.ts'
import { type Simulation, startSimulation } from './simulation.ts'
import { isGood, liveLine, summary } from './summary.ts'

const tellEveryMs = 1000
/** Where nobody watches, a line a quarter of a minute is enough. */
const logEveryMs = 15_000

async function main(args: string[]): Promise<number> {
  const options = optionsOf(args)
  if (!options) {
    console.log(usage)
    return 0
  }
  const simulation = await begin(options)
  let isStopped = false
  const stop = () => {
    // A second time it ends at once, as usual.
    isStopped = true
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  const isWatched = process.stdout.isTTY === true
  const telling = setInterval(
    () => process.stdout.write(isWatched ? `\r\x1b[2K${liveLine(simulation)}` : `${liveLine(simulation)}\n`),
    isWatched ? tellEveryMs : logEveryMs,
  )
  await simulation.run(() => isStopped)
  clearInterval(telling)
  console.log(`${isWatched ? '\n' : ''}${summary(simulation, options.pace)}`)
  return isGood(simulation) ? 0 : 1
}

async function begin(options: SimulationOptions): Promise<Simulation> {
  return startSimulation(options, {
    url: environment('DISPATCH_URL'),
    app: { appKey: environment('DISPATCH_APP_KEY'), appSecret: environment('DISPATCH_APP_SECRET') },
    roads: await readRoads(options),
    run: `sim${Date.now().toString(36)}`,
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    pause,
  })
}

function environment(name: string): string {
  const value = process.env[name]
  if (!value) throw new UsageError(`${name} is not set`)
  return value
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : String(error))
  process.exitCode = 2
}
