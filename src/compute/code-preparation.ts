import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, opendir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { IdSource } from '../lib/ids.ts'
import type { Logger } from '../lib/logger.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import type { SandboxDriver } from '../ports/sandbox.ts'
import { modulePackName } from './frames-instance.ts'
import { makeModulePack, NotPrepared } from './make-module-pack.ts'
import type { RuntimeImage } from './warm-pool.ts'

/** Counts up when packs are made or read in another way than before. */
const formatVersion = 1
/** Whoever deploys usually calls next; the first call shall not share the processors with this. */
const delayMs = 1000
/** What does not fit in here is made when its function is next started after a restart, or written again. */
const waitingMax = 500
/** Different handlers and runtimes on one package. */
const foldersMaxPerPackage = 16
/** Below both of these, finding and compiling the modules takes a few milliseconds: as much as reading a pack. */
const worthwhile = { modules: 8, sizeBytes: 50_000 }

export interface CodePreparation {
  /** The folder that was made for this revision's code, when there is one and it is whole. Never rejects. */
  find(subject: Subject): Promise<string | undefined>
  /** Makes it in the background, if it is worth it, and tells when it is there. Failures are logged and change nothing. */
  want(subject: Subject, ready: (folder: string) => void): void
  discard(blobId: string): Promise<void>
  /** Packages that are not done with. */
  pending(): number
  close(): Promise<void>
}

export interface Subject {
  revision: FunctionRevision
  /** Folder of the unpacked code. */
  codeSource: string
}

interface Job {
  subject: Subject
  blobId: string
  ready: (folder: string) => void
  abort: AbortController
}

/** `made.json`, beside the pack; without a pack when there was nothing to gain. */
const madeSchema = z.strictObject({
  modules: z.number(),
  sizeBytes: z.number(),
  sha256: z.string().optional(),
  because: z.string().optional(),
})

/**
 * What can be made of code before anybody calls it: for Node.js a module pack. Made in a sandbox, one after the other,
 * while the original is used; kept below `dir` under the package and everything else that it depends on. A cache.
 */
export async function codePreparation(around: {
  driver: SandboxDriver
  clock: Clock
  ids: IdSource
  log: Logger
  dir: string
  imageOf(runtime: string): RuntimeImage | Promise<RuntimeImage>
}): Promise<CodePreparation> {
  const { driver, clock, log, dir } = around
  const spool = join(dir, 'spool')
  const kept = join(dir, 'packages')
  await rm(spool, { recursive: true, force: true })
  for (const folder of [spool, kept]) await mkdir(folder, { recursive: true, mode: 0o755 })

  const waiting: Job[] = []
  const handedOut = new Set<string>()
  let running: { job: Job; done: Promise<void> } | undefined
  let timerSet = false
  let closed = false

  /** Undefined for a runtime that prepares nothing. */
  async function placeOf({ revision, codeSource }: Subject) {
    const image = await around.imageOf(revision.runtime)
    if (image.prepareArgv === undefined) return undefined
    const modules = modulesOf(revision)
    // A pack is for one Node.js only, and names files as they are seen inside.
    const program = await Promise.all(
      image.mounts.map(({ source }) =>
        stat(source).then((facts) => (facts.isFile() ? [facts.size, facts.mtimeMs] : [])),
      ),
    )
    const parts = [formatVersion, image.key, program, modules, driver.isolates ? '' : codeSource]
    const name = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
    return { image, modules, folder: join(kept, revision.code.blobId, name) }
  }

  async function look(folder: string): Promise<'absent' | 'nothing' | 'there'> {
    const text = await readFile(join(folder, 'made.json'), 'utf8').catch(() => undefined)
    if (text === undefined) return 'absent'
    try {
      const { sha256 } = madeSchema.parse(JSON.parse(text))
      if (sha256 === undefined) return 'nothing'
      if ((await sha256Of(join(folder, modulePackName))) === sha256) return 'there'
      log.warn({ folder }, 'prepared code is damaged: it is made again, and the original is used until then')
    } catch (error) {
      log.warn({ err: error, folder }, 'prepared code cannot be read: it is made again')
    }
    await rm(folder, { recursive: true, force: true })
    return 'absent'
  }

  async function run({ subject, blobId, ready, abort }: Job): Promise<void> {
    const place = await placeOf(subject)
    if (place === undefined) return
    const { folder, image, modules } = place
    let state = await look(folder)
    if (state === 'absent') {
      const temporary = join(spool, randomUUID())
      await mkdir(temporary, { mode: 0o755 })
      try {
        const made = (await isWorthwhile(subject.codeSource))
          ? await make({ image, modules, temporary, subject, signal: abort.signal })
          : { modules: 0, sizeBytes: 0, because: 'there is little code' }
        await writeFile(join(temporary, 'made.json'), JSON.stringify(made))
        abort.signal.throwIfAborted()
        await makeRoom(join(kept, blobId))
        await rename(temporary, folder)
        state = 'sha256' in made && made.sha256 !== undefined ? 'there' : 'nothing'
      } finally {
        await rm(temporary, { recursive: true, force: true })
      }
    }
    if (state !== 'there') return
    handedOut.add(folder)
    ready(folder)
  }

  async function make(work: {
    image: RuntimeImage
    modules: string[]
    temporary: string
    subject: Subject
    signal: AbortSignal
  }): Promise<z.infer<typeof madeSchema>> {
    const { temporary, subject } = work
    const outFile = join(temporary, modulePackName)
    try {
      const made = await makeModulePack(around, { ...work, outFile, codeSource: subject.codeSource })
      if (made.modules >= worthwhile.modules || made.sizeBytes >= worthwhile.sizeBytes) return made
      await rm(outFile)
      return { modules: made.modules, sizeBytes: 0, because: 'few modules are reached' }
    } catch (error) {
      if (!(error instanceof NotPrepared) || work.signal.aborted) throw error
      await rm(outFile, { force: true })
      log.warn(
        { functionArn: subject.revision.functionArn, reason: error.message },
        'code was not prepared: the original is used',
      )
      return { modules: 0, sizeBytes: 0, because: error.message }
    }
  }

  async function makeRoom(packageFolder: string): Promise<void> {
    await mkdir(packageFolder, { recursive: true, mode: 0o755 })
    const folders = (await readdir(packageFolder)).map((name) => join(packageFolder, name))
    const unused = folders.filter((folder) => !handedOut.has(folder))
    for (const folder of unused.slice(0, Math.max(0, folders.length + 1 - foldersMaxPerPackage)))
      await rm(folder, { recursive: true, force: true })
  }

  function pump(): void {
    if (closed || timerSet || running !== undefined || waiting.length === 0) return
    timerSet = true
    clock.after(delayMs, () => {
      timerSet = false
      const job = closed ? undefined : waiting.shift()
      if (job === undefined) return
      const done = run(job)
        .catch((error: unknown) => {
          if (job.abort.signal.aborted) return
          const { functionArn } = job.subject.revision
          log.warn({ err: error, functionArn }, 'code could not be prepared: the original is used')
        })
        .finally(() => {
          running = undefined
          pump()
        })
      running = { job, done }
    })
  }

  return {
    async find(subject) {
      try {
        const place = await placeOf(subject)
        if (place === undefined || (await look(place.folder)) !== 'there') return undefined
        handedOut.add(place.folder)
        return place.folder
      } catch (error) {
        log.warn({ err: error, functionArn: subject.revision.functionArn }, 'prepared code cannot be used')
        return undefined
      }
    },

    want(subject, ready) {
      const { blobId } = subject.revision.code
      if (closed || waiting.length >= waitingMax) return
      waiting.push({ subject, blobId, ready, abort: new AbortController() })
      pump()
    },

    async discard(blobId) {
      for (let at = waiting.length - 1; at >= 0; at--)
        if (waiting[at]!.blobId === blobId) waiting.splice(at, 1)
      if (running?.job.blobId === blobId) {
        running.job.abort.abort()
        await running.done
      }
      const folder = join(kept, blobId)
      for (const handed of handedOut) if (handed.startsWith(`${folder}/`)) handedOut.delete(handed)
      await rm(folder, { recursive: true, force: true })
    },

    pending: () => waiting.length + (running === undefined ? 0 : 1),

    async close() {
      closed = true
      waiting.length = 0
      running?.job.abort.abort()
      await running?.done
    },
  }
}

/** The files, without extension, that hold a revision's handlers. */
function modulesOf({ handler, initializer, preStop }: FunctionRevision): string[] {
  const names = [handler, initializer?.handler, preStop?.handler].map((name = '') =>
    name.slice(0, Math.max(0, name.lastIndexOf('.'))),
  )
  return [...new Set(names)].filter((name) => name !== '')
}

/** Looks at names and sizes only, and no further than it has to. */
async function isWorthwhile(codeSource: string): Promise<boolean> {
  let [files, sizeBytes] = [0, 0]
  const folders = [codeSource]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of await opendir(folder)) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) folders.push(path)
      if (!entry.isFile() || !/\.[cm]?js$/.test(entry.name)) continue
      files++
      sizeBytes += (await stat(path)).size
      if (files >= worthwhile.modules || sizeBytes >= worthwhile.sizeBytes) return true
    }
  }
  return false
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
