/** A client that keeps so many connections busy, in a process of its own: wrk where it is installed, else ours. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Request } from './api.ts'
import type { Bench } from './row.ts'

export interface Load {
  requests: number
  perSecond: number
  p50Ms: number
  p99Ms: number
  errors: number
}

export interface LoadOptions {
  connections: number
  durationMs: number
}

const run = promisify(execFile)

export type Loader = (request: Request, options: LoadOptions) => Promise<Load>

export async function loader(bench: Bench): Promise<{ name: string; load: Loader }> {
  const hasWrk = await run('wrk', ['-v']).then(
    () => true,
    // It says its version and ends with 1.
    (error: { code?: unknown }) => error.code === 1,
  )
  return hasWrk
    ? { name: 'wrk', load: (request, options) => wrk(join(bench.folder, 'wrk.lua'), request, options) }
    : { name: 'bench/lib/load-generator.ts', load: generator }
}

async function generator(request: Request, options: LoadOptions): Promise<Load> {
  const script = join(import.meta.dirname, 'load-generator.ts')
  const { stdout } = await run(process.execPath, [script, JSON.stringify({ ...request, ...options })], {
    timeout: options.durationMs + 30_000,
  })
  return JSON.parse(stdout) as Load
}

async function wrk(
  script: string,
  request: Request,
  { connections, durationMs }: LoadOptions,
): Promise<Load> {
  await writeFile(script, luaOf(request))
  const seconds = Math.max(1, Math.round(durationMs / 1000))
  const { stdout } = await run(
    'wrk',
    ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, request.url],
    { timeout: durationMs + 30_000 },
  )
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n{'))) as Load
}

// A JSON string of printable ASCII is a string of Lua as well.
function luaOf({ method, headers, body }: Request): string {
  // wrk writes these two itself.
  const own = Object.entries(headers).filter(([name]) => name !== 'host' && name !== 'content-length')
  return `wrk.method = ${JSON.stringify(method)}
wrk.body = ${body === '' && method === 'GET' ? 'nil' : JSON.stringify(body)}
${own.map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`).join('\n')}
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format('\\n{"requests":%d,"perSecond":%f,"p50Ms":%f,"p99Ms":%f,"errors":%d}\\n',
    summary.requests, summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
`
}
