/** What the command is told: flags, checked. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { highestPeak, hourMs, leastPeak, type Surge } from './core/demand.ts'

export interface SimulationOptions {
  pace: number
  riders: number
  ordersPerHour: number
  peak: number
  seed: string
  fromMs: number
  untilMs: number
  surges: Surge[]
  concurrency: number
  screens: number
  roadsFile: string
  cityFile: string
}

export const usage = `Lives a day of the city through the gateway of the running platform.

  node apps/dispatch/simulate/main.ts [flags]

  --speed N             how many times as fast as life: 1 to 60 (10)
  --day                 from 06:00 to midnight
  --peak                the noon peak: from 11:30, with a minute of ten times the orders at 12:00
  --from HH:MM          where the day begins (11:00)
  --minutes N           of the city, that orders are placed (30; --day 1080, --peak 60)
  --riders N            on duty at the peaks (60)
  --orders-per-hour N   mean of the day (80)
  --peak-factor N       orders at noon by the mean: ${leastPeak} to ${highestPeak} (3)
  --seed TEXT           the same seed is the same city (city)
  --concurrency N       calls at once (64)
  --screens N           people with a stream of pushes, the merchants first (200)
  --roads FILE          that the map service was built with
  --city FILE           that the platform was deployed with
  --help

Where the platform is, and as which app it is called, is told by the environment:
  DISPATCH_URL          base of the API, as http://127.0.0.1:9005/proxy/{groupId}
  DISPATCH_APP_KEY      of an app that may POST /sessions
  DISPATCH_APP_SECRET

It ends with 0 when every order has ended, none was ever with two riders and none was placed twice; with 1 when not; with 2 when it
was told something that it does not understand, or the platform is not there.`

export class UsageError extends Error {
  override name = 'UsageError'
}

const application = join(import.meta.dirname, '..')
const minuteMs = 60_000

/** Undefined: help is asked for. @throws UsageError */
export function optionsOf(args: string[]): SimulationOptions | undefined {
  const given = parsed(args)
  if (given.help) return undefined
  if (given.day && given.peak) throw new UsageError('--day and --peak are two different runs')
  const pace = number(given.speed, '--speed', 1, 60) ?? 10
  const fromMs =
    given.from === undefined ? (given.day ? 6 : given.peak ? 11.5 : 11) * hourMs : timeOf(given.from)
  const minutes =
    number(given.minutes, '--minutes', 0.1, 24 * 60) ?? (given.day ? 1080 : given.peak ? 60 : 30)
  const noonMs = fromMs + 30 * minuteMs
  return {
    pace,
    fromMs,
    untilMs: fromMs + minutes * minuteMs,
    riders: whole(given.riders, '--riders', 0, 20_000) ?? 60,
    ordersPerHour: number(given['orders-per-hour'], '--orders-per-hour', 0, 1_000_000) ?? 80,
    peak: number(given['peak-factor'], '--peak-factor', leastPeak, highestPeak) ?? 3,
    seed: given.seed ?? 'city',
    // A minute of the platform: a minute of the city would be over before the platform has noticed.
    surges: given.peak ? [{ fromMs: noonMs, untilMs: noonMs + minuteMs * pace, times: surgeTimes }] : [],
    concurrency: whole(given.concurrency, '--concurrency', 1, 1024) ?? 64,
    screens: whole(given.screens, '--screens', 0, 20_000) ?? 200,
    roadsFile: given.roads ?? join(application, 'code/city.roads'),
    cityFile: given.city ?? join(application, 'cities/wudaokou.json'),
  }
}

const surgeTimes = 10

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        speed: { type: 'string' },
        day: { type: 'boolean' },
        peak: { type: 'boolean' },
        from: { type: 'string' },
        minutes: { type: 'string' },
        riders: { type: 'string' },
        'orders-per-hour': { type: 'string' },
        'peak-factor': { type: 'string' },
        seed: { type: 'string' },
        concurrency: { type: 'string' },
        screens: { type: 'string' },
        roads: { type: 'string' },
        city: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function number(text: string | undefined, name: string, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new UsageError(`${name} is a number from ${least} to ${most}`)
  return value
}

function whole(text: string | undefined, name: string, least: number, most: number): number | undefined {
  const value = number(text, name, least, most)
  if (value !== undefined && !Number.isInteger(value)) throw new UsageError(`${name} is a whole number`)
  return value
}

function timeOf(text: string): number {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? []
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59)
    throw new UsageError('--from is a time as 11:30')
  return Number(hours) * hourMs + Number(minutes) * minuteMs
}
