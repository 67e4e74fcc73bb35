import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { ManualClock, systemClock } from '../../lib/clock.ts'
import { ImageGivenUp, type ImageJob, ImagesBusy, ImagesUnavailable } from '../../ports/images.ts'
import { ImageProcesses, type ImageProcessesOptions } from './processes.ts'

const opened: ImageProcesses[] = []
after(() => Promise.all(opened.map((images) => images.close())))
function processes(options: ImageProcessesOptions): ImageProcesses {
  const images = new ImageProcesses(options)
  opened.push(images)
  return images
}

const source = await sharp({ create: { width: 4, height: 3, channels: 3, background: 'red' } })
  .png()
  .toBuffer()
const job: ImageJob = {
  source,
  overlays: [],
  plan: {
    want: 'image',
    steps: [{ is: 'rotate', degrees: 90 }],
    autoOrient: true,
    output: { format: 'jpg', interlaced: false },
  },
}
const never = new AbortController().signal
const folder = await mkdtemp(join(tmpdir(), 'hanshu-images-'))
after(() => rm(folder, { recursive: true, force: true }))

/** What is started in the place of the real one. */
async function program(name: string, text: string): Promise<URL> {
  const file = join(folder, `${name}.mjs`)
  await writeFile(file, text)
  return pathToFileURL(file)
}
const notLinux = process.platform === 'linux' ? false : 'only Linux tells of processes in files'
const ANSWER_PID =
  'process.on("message", () => process.send({ is: "done", outcome: { is: "image", pid: process.pid } }))'

describe('processes for images', () => {
  it('do one job after the other', async () => {
    const images = processes({ clock: systemClock, processesMax: 1 })
    const outcomes = await Promise.all([1, 2, 3].map(() => images.run(async () => job, never)))
    for (const outcome of outcomes) {
      assert.ok(outcome.is === 'image')
      const { width, height, format } = await sharp(outcome.bytes).metadata()
      assert.deepEqual([width, height, format], [3, 4, 'jpeg'])
    }
  })

  it('tell of what is no image, and go on', async () => {
    const images = processes({ clock: systemClock, processesMax: 1 })
    const bad = await images.run(async () => ({ ...job, source: Buffer.from('hello') }), never)
    assert.deepEqual(bad, { is: 'refused', because: 'unsupportedFormat', of: 'source' })
    const broken = { ...job, plan: { ...job.plan, steps: [{ is: 'nonsense' }] } } as unknown as ImageJob
    await assert.rejects(
      images.run(async () => broken, never),
      /processing of an image failed/,
    )
    assert.equal((await images.run(async () => job, never)).is, 'image')
  })

  it('are killed when they take too long; the next job has another', async () => {
    const clock = new ManualClock()
    const images = processes({ clock, processesMax: 1, jobMsMax: 1000 })
    let given = (): void => {}
    const isGiven = new Promise<void>((resolve) => {
      given = resolve
    })
    const first = images.run(async () => {
      given()
      return job
    }, never)
    await isGiven
    await new Promise(setImmediate)
    clock.advance(1000)
    await assert.rejects(first, ImageGivenUp)
    assert.equal((await images.run(async () => job, never)).is, 'image')
  })

  it('that die are told of, and so is one that cannot load what it needs', async () => {
    const clock = new ManualClock()
    const dying = processes({
      clock,
      program: await program('dying', 'process.kill(process.pid, "SIGSEGV")'),
    })
    await assert.rejects(
      dying.run(async () => job, never),
      /its process ended by SIGSEGV/,
    )
    const cannot = 'process.send({ is: "unavailable", reason: "no such library" })'
    const unable = processes({ clock, program: await program('unable', cannot) })
    await assert.rejects(
      unable.run(async () => job, never),
      (error) => error instanceof ImagesUnavailable && /on this machine: no such library/.test(error.message),
    )
  })

  it('take so many at once; so many wait; more are refused, and so is who waits too long', async () => {
    const clock = new ManualClock()
    const images = processes({
      clock,
      processesMax: 1,
      waitingMax: 1,
      waitMsMax: 500,
      program: await program('silent', 'process.on("message", () => {})'),
    })
    let asked = 0
    const run = (signal = never) =>
      images.run(async () => {
        asked++
        return job
      }, signal)
    const first = run()
    const waits = run()
    await assert.rejects(run(), ImagesBusy)
    clock.advance(500)
    await assert.rejects(waits, ImagesBusy)
    const leaves = new AbortController()
    const left = run(leaves.signal)
    leaves.abort(new Error('the client went away'))
    await assert.rejects(left, /the client went away/)
    assert.equal(asked, 1)
    const next = run()
    await Promise.all([
      assert.rejects(first, ImageGivenUp),
      assert.rejects(next, ImagesUnavailable),
      images.close(),
    ])
    await assert.rejects(run(), ImagesUnavailable)
    assert.equal(asked, 1)
  })

  it('whose client goes away are killed', async () => {
    const images = processes({
      clock: new ManualClock(),
      processesMax: 1,
      program: await program('silent', 'process.on("message", () => {})'),
    })
    const leaves = new AbortController()
    let given = (): void => {}
    const isGiven = new Promise<void>((resolve) => {
      given = resolve
    })
    const left = images.run(async () => {
      given()
      return job
    }, leaves.signal)
    await isGiven
    await new Promise(setImmediate)
    leaves.abort(new Error('the client went away'))
    await assert.rejects(left, /the client went away/)
  })

  it('end when there is nothing to do for a while', async () => {
    const clock = new ManualClock()
    const images = processes({ clock, idleMsMax: 1000, program: await program('pid', ANSWER_PID) })
    const pidOf = async (): Promise<number> => {
      const outcome = await images.run(async () => job, never)
      return (outcome as unknown as { pid: number }).pid
    }
    const pid = await pidOf()
    assert.equal(await pidOf(), pid)
    clock.advance(1000)
    assert.notEqual(await pidOf(), pid)
  })

  it('are nobody’s, and end with the platform, however it ends', { skip: notLinux }, async () => {
    const owner = await program(
      'owner',
      `import { ImageProcesses } from ${JSON.stringify(new URL('./processes.ts', import.meta.url).href)}
       const clock = { now: Date.now, monotonicMs: () => 0, after: () => () => {} }
       process.on('message', (job) => {
         new ImageProcesses({ clock }).run(async () => job, new AbortController().signal).then(({ is }) => process.send(is))
       })`,
    )
    const platform = fork(owner, [], { serialization: 'advanced' })
    platform.send(job)
    assert.deepEqual(await once(platform, 'message'), ['image', undefined])
    const children = await readFile(`/proc/${platform.pid}/task/${platform.pid}/children`, 'utf8')
    const [pid] = children.trim().split(' ')
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    assert.doesNotMatch(status, /^Uid:\s+0/m)
    assert.equal((await readFile(`/proc/${pid}/oom_score_adj`, 'utf8')).trim(), '1000')
    platform.kill('SIGKILL')
    // It has gone, or is a zombie that the first process has not looked at yet.
    const isThere = async (): Promise<boolean> => {
      const now = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
      return now !== '' && !/^State:\s+Z/m.test(now)
    }
    while (await isThere()) await new Promise(setImmediate)
  })
})
