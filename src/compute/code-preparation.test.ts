import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, afterEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ZipFile } from 'yazl'
import { memoryBlobStore } from '../drivers/memory/blobs.ts'
import { processSandboxDriver } from '../drivers/sandbox/process/process-sandbox-driver.ts'
import { systemClock } from '../lib/clock.ts'
import { randomIds } from '../lib/ids.ts'
import { type Logger, silentLogger } from '../lib/logger.ts'
import type { CodeReference, FunctionRevision } from '../ports/invocation.ts'
import { until } from '../ports/sandbox.contract.ts'
import { type CodePreparation, codePreparation } from './code-preparation.ts'
import { type CodeStore, codeStore } from './code-store.ts'
import { loadRuntimeCatalog } from './runtime-catalog.ts'
import { runtimeImages } from './runtime-images.ts'
import { RuntimeUnderTest } from './runtime-under-test.ts'
import type { RuntimeImage } from './warm-pool.ts'

const runtimesDir = fileURLToPath(new URL('../../runtimes', import.meta.url))
const temporary = await mkdtemp(join(tmpdir(), 'hanshu-preparation-'))
const driver = await processSandboxDriver({ runDir: join(temporary, 'run'), log: silentLogger })
after(async () => {
  await driver.close()
  await rm(temporary, { recursive: true })
})

const images = await runtimeImages({
  catalog: loadRuntimeCatalog(runtimesDir),
  nodeBinary: async () => process.execPath,
})

const application = (name: string): Record<string, string> => ({
  'index.js': `${[...'abcdefgh'].map((letter) => `require('${letter}')`).join('; ')}
    exports.handler = async () => require('a').join(' ') + ${JSON.stringify(name)}`,
  ...Object.fromEntries(
    [...'abcdefgh'].map((letter) => [`node_modules/${letter}/index.js`, `module.exports = ["I am"]`]),
  ),
})

/** Warnings, by their message and reason. */
function listening(): { log: Logger; warnings: string[] } {
  const warnings: string[] = []
  const warn = (fields: object, message?: string) =>
    void warnings.push(`${message}: ${'reason' in fields ? fields.reason : ''}`)
  return { log: { ...silentLogger, warn }, warnings }
}

describe('code preparation', { timeout: 120_000 }, () => {
  const open: CodePreparation[] = []
  afterEach(async () => {
    for (const preparation of open.splice(0)) await preparation.close()
  })

  async function prepare(
    settings: { dir?: string; image?: RuntimeImage; blobs?: ReturnType<typeof memoryBlobStore> } = {},
  ) {
    const dir = settings.dir ?? (await mkdtemp(join(temporary, 'code-')))
    const blobs = settings.blobs ?? memoryBlobStore()
    const { log, warnings } = listening()
    const preparation = await codePreparation({
      driver,
      // As it would be on a machine twenty times as patient: two minutes are six seconds.
      clock: { ...systemClock, after: (delayMs, task) => systemClock.after(delayMs / 20, task) },
      ids: randomIds,
      log,
      dir: join(dir, 'prepared'),
      imageOf: (runtime) => settings.image ?? images.imageOf(runtime),
    })
    open.push(preparation)
    const store = await codeStore({ blobs, dir, preparation })
    const packages = join(dir, 'prepared', 'packages')
    const spool = join(dir, 'prepared', 'spool')
    return { dir, blobs, preparation, store, warnings, packages, spool }
  }

  const prepared = (store: CodeStore, revision: FunctionRevision): Promise<string> =>
    eventually(async () => (await store.materialize(revision)).preparedSource)

  const madeOf = (packages: string, { blobId }: CodeReference) =>
    eventually(async () => {
      const [name] = await readdir(join(packages, blobId)).catch(() => [])
      return name && JSON.parse(await readFile(join(packages, blobId, name, 'made.json'), 'utf8'))
    })

  it('makes a pack while the original is used, and the function says the same with both', async () => {
    const { store, preparation } = await prepare()
    const code = await store.store(zipOf(application(' the same')), generous)
    const revision = revisionOf(code)
    const [first] = await Promise.all([store.materialize(revision), store.materialize(revision)])
    assert.equal(first.preparedSource, undefined)
    assert.equal(preparation.pending(), 1)
    const preparedSource = await prepared(store, revision)
    await eventually(async () => preparation.pending() === 0)
    for (const modulePack of [undefined, join(preparedSource, 'modules.pack')]) {
      const runtime = new RuntimeUnderTest([process.execPath, join(runtimesDir, 'nodejs/bootstrap.js')])
      await runtime.ready
      runtime.bind({ codeDir: first.codeSource, runtime: 'nodejs24', modulePack })
      const answer = await runtime.invoke()
      assert.deepEqual(answer, { is: 'result', body: Buffer.from('I am the same') })
      assert.doesNotMatch(runtime.logOf(1), /warn/)
      await runtime.stop()
    }
  })

  it('finds after a restart what was made before, at once', async () => {
    const before = await prepare()
    const code = await before.store.store(zipOf(application('')), generous)
    const folder = await prepared(before.store, revisionOf(code))
    const { store } = await prepare(before)
    assert.equal((await store.materialize(revisionOf(code))).preparedSource, folder)
    // Another handler is another pack, and a custom runtime has none.
    for (const other of [{ handler: 'other.handler' }, { runtime: 'custom' }]) {
      const onDisk = await store.materialize(revisionOf(code, { ...other, key: JSON.stringify(other) }))
      assert.equal(onDisk.preparedSource, undefined)
    }
  })

  it('does not use a pack that was damaged, says so, and makes it anew', async () => {
    const before = await prepare()
    const code = await before.store.store(zipOf(application('')), generous)
    const folder = await prepared(before.store, revisionOf(code))
    const pack = join(folder, 'modules.pack')
    const original = await readFile(pack)
    const flipped = Buffer.from(original)
    flipped[original.length - 1]! ^= 1
    for (const damage of [
      () => writeFile(pack, flipped),
      () => truncate(pack, 100),
      () => rm(pack),
      () => writeFile(join(folder, 'made.json'), '{'),
    ]) {
      await damage()
      const { store, warnings } = await prepare(before)
      assert.equal((await store.materialize(revisionOf(code))).preparedSource, undefined)
      assert.match(warnings.join(), /^prepared code (is damaged|cannot be read)/)
      assert.equal(await prepared(store, revisionOf(code)), folder)
      assert.equal((await readFile(pack)).length, original.length)
    }
  })

  it('makes nothing of a few small files, and does not look at them again', async () => {
    const { store, packages } = await prepare()
    const code = await store.store(zipOf({ 'index.js': 'exports.handler = async () => 1' }), generous)
    await store.materialize(revisionOf(code))
    const made = await madeOf(packages, code)
    assert.equal(made.sha256, undefined)
    assert.equal((await store.materialize(revisionOf(code))).preparedSource, undefined)
  })

  it('forgets everything of a package that is discarded, also while it is being prepared', async () => {
    const { store, packages, spool } = await prepare()
    const [done, busy] = [
      await store.store(zipOf(application('')), generous),
      await store.store(zipOf(application('')), generous),
    ]
    await prepared(store, revisionOf(done))
    await store.materialize(revisionOf(busy, { key: 'busy' }))
    await until(async () => (await readdir(spool)).length > 0)
    await Promise.all([store.discard(done), store.discard(busy)])
    assert.deepEqual([await readdir(packages), await readdir(spool)], [[], []])
  })

  it('stops in the middle when the platform does', async () => {
    const { store, preparation, packages, spool } = await prepare()
    const code = await store.store(zipOf(application('')), generous)
    await store.materialize(revisionOf(code))
    await until(async () => (await readdir(spool)).length > 0)
    await preparation.close()
    assert.deepEqual([await readdir(packages), await readdir(spool)], [[], []])
  })

  it('keeps no more folders for a package than it may, and none that is in use is lost', async () => {
    const { store, packages } = await prepare()
    const code = await store.store(zipOf(application('')), generous)
    await mkdir(join(packages, code.blobId), { recursive: true })
    for (let n = 0; n < 20; n++) await mkdir(join(packages, code.blobId, `old${n}`))
    const folder = await prepared(store, revisionOf(code))
    const left = (await readdir(join(packages, code.blobId))).map((name) => join(packages, code.blobId, name))
    assert.equal(left.length, 16)
    assert.ok(left.includes(folder))
  })

  for (const [what, script, reason] of [
    ['says no', `echo '{"error":"not this one"}' >&3`, /not this one/],
    ['says nothing', 'exit 0', /ended before it was done/],
    ['says nonsense', `echo nonsense >&3`, /did not answer as it should/],
    ['says nonsense without end', `yes | tr -d '\\n' >&3`, /did not answer as it should/],
    [
      'names a size beyond all measure',
      `echo '{"bytes":99999999999,"modules":9}' >&3`,
      /did not answer as it should/,
    ],
    ['writes less than it said', `printf '{"bytes":10,"modules":9}\\nabc' >&3`, /ended before it was done/],
    ['writes more than it said', `{ echo '{"bytes":10,"modules":9}'; yes; } >&3`, /more than it said/],
    ['complains and dies', `echo out of memory >&2; kill -9 $$`, /ended before it was done: out of memory/],
    ['never ends', 'exec sleep 1000', /ended before it was done/],
  ] as const) {
    it(`uses the original when the program that prepares ${what}`, async () => {
      const image = {
        ...(await images.imageOf('nodejs24')),
        prepareArgv: ['/bin/sh', '-c', `read asked <&3; ${script}`],
      }
      const { store, packages, spool, warnings } = await prepare({ image })
      const code = await store.store(zipOf(application('')), generous)
      await store.materialize(revisionOf(code))
      const made = await madeOf(packages, code)
      assert.match(made.because, reason)
      assert.match(warnings.join(), /^code was not prepared: the original is used/)
      assert.equal((await store.materialize(revisionOf(code))).preparedSource, undefined)
      assert.deepEqual(await readdir(spool), [])
    })
  }
})

const generous = { packedBytesMax: 1e9, unpackedBytesMax: 1e9, entriesMax: 1e6 }

function zipOf(files: Record<string, string>): Readable {
  const zip = new ZipFile()
  for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name)
  zip.end()
  return Readable.from(zip.outputStream)
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  let found: T | undefined
  await until(async () => {
    found = await look()
    return found !== undefined
  })
  return found!
}

function revisionOf(code: CodeReference, other: Partial<FunctionRevision> = {}): FunctionRevision {
  return {
    key: 'hello@1',
    accountId: '1234567890123456',
    region: 'cn-hangzhou',
    functionName: 'hello',
    functionArn: 'acs:fc:cn-hangzhou:1234567890123456:functions/hello',
    versionId: 'LATEST',
    runtime: 'nodejs24',
    handler: 'index.handler',
    code,
    layers: [],
    environment: {},
    memoryMb: 512,
    cpu: 0.5,
    diskMb: 512,
    timeoutMs: 3000,
    instanceConcurrency: 1,
    internetAccess: false,
    logProject: '',
    logStore: '',
    ...other,
  }
}
