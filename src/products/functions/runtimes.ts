import { invalidArgument, notImplemented } from './errors.ts'

/** Every runtime that API 2023-03-30 knows. */
const vendorRuntimes: readonly string[] = [
  'nodejs8',
  'nodejs10',
  'nodejs12',
  'nodejs14',
  'nodejs16',
  'nodejs18',
  'nodejs20',
  'nodejs22',
  'python2.7',
  'python3',
  'python3.9',
  'python3.10',
  'python3.12',
  'java8',
  'java11',
  'php7.2',
  'dotnetcore2.1',
  'dotnetcore3.1',
  'go1',
  'custom',
  'custom.debian10',
  'custom.debian11',
  'custom.debian12',
  'custom-container',
  'micro-sandbox',
]

/** Those that can be run here. `main/` may hand in another set: what the installed runtimes are. */
export const runnableRuntimes: ReadonlySet<string> = new Set([
  'nodejs16',
  'nodejs18',
  'nodejs20',
  'nodejs22',
  'python3',
  'python3.9',
  'python3.10',
  'python3.12',
  'custom',
  'custom.debian10',
  'custom.debian11',
  'custom.debian12',
])

/** A runtime whose process is an HTTP server of the user's; the others load a handler. */
export const isCustomRuntime = (runtime: string): boolean =>
  runtime === 'custom' || runtime.startsWith('custom.')

export const isVendorRuntime = (runtime: string): boolean => vendorRuntimes.includes(runtime)

export function checkRuntime(runtime: string, runnable: ReadonlySet<string>): void {
  if (runnable.has(runtime)) return
  if (isVendorRuntime(runtime)) throw notImplemented(`Runtime '${runtime}'`)
  throw invalidArgument(
    `Runtime is set to an invalid value (allowed: ${[...runnable].join(', ')}; actual: '${runtime}')`,
  )
}
