/** The functions that are measured. */
import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { zipOf } from '../../test/clients.fixture.ts'
import type { FunctionSpec } from './api.ts'

export const greeting = 'hello'

const nodeHello = `exports.handler = async () => '${greeting}'\n`
const pythonHello = `def handler(event, context):\n    return '${greeting}'\n`
const nodeSleep = (ms: number): string =>
  `exports.handler = () => new Promise((done) => setTimeout(done, ${ms}, '${greeting}'))\n`
const pythonSleep = (ms: number): string =>
  `import time\n\ndef handler(event, context):\n    time.sleep(${ms / 1000})\n    return '${greeting}'\n`

const isPython = (runtime: string): boolean => runtime.startsWith('python')
const spec = async (runtime: string, source: string): Promise<FunctionSpec> => ({
  runtime,
  zipFile: await zipOf({ [isPython(runtime) ? 'index.py' : 'index.js']: source }),
})

export const hello = (runtime: string): Promise<FunctionSpec> =>
  spec(runtime, isPython(runtime) ? pythonHello : nodeHello)

export const sleeper = (runtime: string, ms: number): Promise<FunctionSpec> =>
  spec(runtime, isPython(runtime) ? pythonSleep(ms) : nodeSleep(ms))

/** Says which of several functions or versions it is, after some milliseconds. */
export const saying = (runtime: 'nodejs20', text: string): Promise<FunctionSpec> =>
  spec(
    runtime,
    `exports.handler = () => new Promise((done) => setTimeout(done, 5, ${JSON.stringify(text)}))\n`,
  )

/** The same program as the peer `node:http`, on the port that a custom runtime listens on. */
export async function webServer(): Promise<FunctionSpec> {
  const source = await readFile(join(import.meta.dirname, '../peers/raw-http.mjs'))
  return {
    runtime: 'custom.debian12',
    zipFile: await zipOf({ 'server.mjs': source }),
    instanceConcurrency: 64,
    customRuntimeConfig: { command: ['/usr/bin/node', 'server.mjs', '9000', '0.0.0.0'], port: 9000 },
  }
}

let expressFiles: Record<string, Buffer> | undefined

/** The Express application with all of its node_modules, as a deployment would pack it; no two packages are the same. */
export async function express(): Promise<FunctionSpec> {
  expressFiles ??= await readFolder(join(import.meta.dirname, '../apps/express'))
  return { runtime: 'nodejs20', zipFile: await zipOf({ ...expressFiles, 'build.txt': randomUUID() }) }
}

async function readFolder(folder: string): Promise<Record<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [relative(folder, file), await readFile(file)] as const)),
  )
}
