/**
 * Runs the stages of `npm test`, all of them even if one fails, and says at the end how each went.
 *
 *     npm test                    everything
 *     npm test -- unit e2e        these stages
 */
import { type StdioOptions, spawn } from 'node:child_process'
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
/** Tools are Node programs too: they get the Node.js that runs this, not an older one of the system. */
const environment = {
  ...process.env,
  PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
}
const tool = (name: string) => join(root, 'node_modules/.bin', name)

interface Step {
  name: string
  /** Undefined: there is nothing to run. */
  command: string[] | undefined
}

type Outcome = 'passed' | 'failed' | 'empty'

/** Where the tests that fail are named, to be said once more at the end. */
const failuresDir = mkdtempSync(join(tmpdir(), 'hanshu-failures-'))

/** A stage that takes longer hangs; it is ended so that the others still run. */
const STAGE_MS_MAX = 8 * 60_000

const stages: Readonly<Record<string, () => Step[]>> = {
  check: () => [
    { name: 'biome', command: [tool('biome'), 'check', '.'] },
    { name: 'tsc', command: [tool('tsc'), '--noEmit'] },
    // They run in browsers and need the types of documents.
    { name: 'tsc of the pages', command: [tool('tsc'), '--noEmit', '-p', 'apps/dispatch/pages'] },
    { name: 'knip', command: [tool('knip')] },
    { name: 'depcruise', command: [tool('depcruise'), '--config', '.dependency-cruiser.cjs', 'src', 'apps'] },
  ],
  unit: () => [
    nodeTests(
      [
        'src/**/*.test.ts',
        'runtimes/**/*.test.{ts,js,mjs,cjs}',
        'test/*.test.ts',
        'apps/*/!(test|code|pages)/**/*.test.ts',
        'apps/*/pages/!(browser)/**/*.test.ts',
        'apps/*/pages/*.test.ts',
      ],
      { concurrency: 2, timeoutMs: 120_000 },
    ),
  ],
  conformance: () => [nodeTests(['test/conformance/**/*.test.ts'], { concurrency: 2, timeoutMs: 180_000 })],
  e2e: () => [
    nodeTests(['test/e2e/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'apps/*/pages/browser/**/*.test.ts'], {
      concurrency: 2,
      timeoutMs: 300_000,
    }),
  ],
  // Hostile functions take all that there is, for one minute.
  fault: () => [
    nodeTests(['test/fault/hostile.test.ts'], { concurrency: 1, timeoutMs: 300_000 }),
    nodeTests(['test/fault/**/!(hostile).test.ts'], { concurrency: 2, timeoutMs: 300_000 }),
  ],
}

function nodeTests(
  patterns: string[],
  { concurrency, timeoutMs }: { concurrency: number; timeoutMs: number },
): Step {
  const files = globSync(patterns, { cwd: root, exclude: (path) => path.includes('node_modules') }).sort()
  if (files.length === 0) return { name: patterns.join(' '), command: undefined }
  const failuresFile = join(failuresDir, String(readdirSync(failuresDir).length))
  writeFileSync(failuresFile, '')
  const options = [
    '--disable-warning=ExperimentalWarning',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${timeoutMs}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${join(root, 'test/failures-reporter.ts')}`,
    `--test-reporter-destination=${failuresFile}`,
  ]
  return { name: `${files.length} files`, command: [process.execPath, ...options, '--test', ...files] }
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in stages))
if (unknown.length > 0) {
  console.error(`There is no stage ${unknown.join(', ')}; there are ${Object.keys(stages).join(', ')}.`)
  process.exit(2)
}
const selected = wanted.length > 0 ? wanted : Object.keys(stages)

const summary: string[] = []
let failed = false
for (const name of selected) {
  const startedMs = performance.now()
  const outcomes: [string, Outcome][] = []
  for (const step of stages[name]!()) {
    console.log(`\n=== ${name}: ${step.name}`)
    outcomes.push([step.name, await run(step)])
  }
  const failures = outcomes.filter(([, outcome]) => outcome === 'failed').map(([step]) => step)
  const isEmpty = outcomes.every(([, outcome]) => outcome === 'empty')
  if (failures.length > 0) failed = true
  const verdict = failures.length > 0 ? `FAILED (${failures.join(', ')})` : isEmpty ? 'no tests' : 'passed'
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  summary.push(`${name.padEnd(12)} ${verdict}, ${seconds} s`)
}
const named = readdirSync(failuresDir).map((file) => readFileSync(join(failuresDir, file), 'utf8'))
rmSync(failuresDir, { recursive: true })
console.log(`\n${named.join('').replaceAll(`${root}/`, '')}\n${summary.join('\n')}`)
process.exitCode = failed ? 1 : 0

function run({ name, command }: Step): Promise<Outcome> {
  if (!command) {
    console.log('no tests')
    return Promise.resolve('empty')
  }
  const [file = '', ...args] = command
  return new Promise((done) => {
    // A group of its own: what a stage that hangs has started is ended with it.
    const stdio: StdioOptions = ['ignore', 'inherit', 'inherit']
    const child = spawn(file, args, { cwd: root, env: environment, stdio, detached: true })
    const end = (signal: NodeJS.Signals) => {
      try {
        process.kill(-child.pid!, signal)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
    const forward = (signal: NodeJS.Signals) => {
      end(signal)
      process.exitCode = 130
    }
    process.once('SIGINT', forward)
    process.once('SIGTERM', forward)
    const timer = setTimeout(() => {
      console.error(`${name} did not end within ${STAGE_MS_MAX / 1000} s`)
      end('SIGKILL')
    }, STAGE_MS_MAX)
    const finish = (outcome: Outcome) => {
      clearTimeout(timer)
      process.off('SIGINT', forward)
      process.off('SIGTERM', forward)
      done(outcome)
    }
    child.once('error', (error) => {
      console.error(`${file}: ${error.message}`)
      finish('failed')
    })
    child.once('exit', (code) => finish(code === 0 ? 'passed' : 'failed'))
  })
}
