import { pino } from 'pino'
import type { Logger } from './logger.ts'

/** The platform's own log: JSON lines on standard error, or a readable line each where a person watches. */
export function platformLogger({ level, version }: { level: string; version: string }): Logger {
  const options = { level, base: { version }, timestamp: pino.stdTimeFunctions.isoTime, errorKey: 'err' }
  if (!process.stderr.isTTY)
    return pino(options, pino.destination({ dest: 2, sync: false, maxLength: 1_048_576 }))
  return pino(options, {
    write(line: string) {
      process.stderr.write(readable(JSON.parse(line)))
    },
  })
}

const levels: Record<number, string> = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR' }

function readable({ level, time, msg, version: _, err, ...facts }: Record<string, unknown>): string {
  const pairs = Object.entries(facts).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const stack = err ? `\n${(err as { stack?: string }).stack ?? ''}` : ''
  return `${String(time).slice(11, 23)} ${levels[Number(level)] ?? level} ${msg}  ${pairs.join(' ')}${stack}\n`
}
