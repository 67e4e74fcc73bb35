import type { Clock } from '../lib/clock.ts'
import type { IdSource } from '../lib/ids.ts'
import type { Logger } from '../lib/logger.ts'
import type { Mount, Sandbox, SandboxDriver } from '../ports/sandbox.ts'
import { FrameChannel } from './frame-channel.ts'
import { frameType } from './frames.ts'
import { StartCancelled } from './live-instance.ts'

/** A program that can be booted without any function: what it takes to start it. */
export interface RuntimeImage {
  /** Same key, interchangeable instances. */
  key: string
  protocol: 'frames' | 'http'
  argv: readonly string[]
  /** What makes code ready ahead of time, in a sandbox like any other. */
  prepareArgv?: readonly string[]
  env: Readonly<Record<string, string>>
  mounts: readonly Mount[]
}

/** Booted, jailed, self-warmed, waiting for code. */
export interface GenericInstance {
  sandbox: Sandbox
  /** Only for images that speak frames. */
  channel: FrameChannel | undefined
}

const bootTimeoutMs = 30_000
/** Dummy invocations through the whole path while nobody waits: worth some 2 ms of the first real one. */
const warmUps = 3
/** A refill boots a whole interpreter; it must not compete with the cold start that emptied the pool. */
const refillDelayMs = 30
const retryDelayMs = { first: 500, most: 30_000 }

interface ImagePool {
  image: RuntimeImage
  ready: GenericInstance[]
  waiting: PromiseWithResolvers<GenericInstance>[]
  booting: number
  wanted: number
  failures: number
  refillDue: boolean
}

/** Generic instances by runtime, booted ahead of time, handed out once, never taken back. */
export class WarmPool {
  readonly #pools = new Map<string, ImagePool>()
  readonly #driver: SandboxDriver
  readonly #clock: Clock
  readonly #ids: IdSource
  readonly #log: Logger
  readonly #bootsAtOnce: number
  #booting = 0
  #ownBoots = 0
  #closed = false

  constructor({
    driver,
    clock,
    ids,
    log,
    bootsAtOnce,
  }: {
    driver: SandboxDriver
    clock: Clock
    ids: IdSource
    log: Logger
    bootsAtOnce: number
  }) {
    this.#driver = driver
    this.#clock = clock
    this.#ids = ids
    this.#log = log
    this.#bootsAtOnce = bootsAtOnce
  }

  /** From now on keeps `count` of this image ready. */
  keepReady(image: RuntimeImage, count: number): void {
    const pool = this.#poolOf(image)
    pool.wanted = count
    this.#pump()
  }

  readyCount(imageKey: string): number {
    return this.#pools.get(imageKey)?.ready.length ?? 0
  }

  counts(): { image: string; ready: number; booting: number; wanted: number }[] {
    return [...this.#pools.values()].map(({ image, ready, booting, wanted }) => ({
      image: image.key,
      ready: ready.length,
      booting,
      wanted,
    }))
  }

  /** A ready one, or one that is booted for this caller. Rejects when booting fails, or with `StartCancelled`. */
  take(image: RuntimeImage, cancel?: AbortSignal): GenericInstance | Promise<GenericInstance> {
    if (this.#closed) return Promise.reject(new Error('the platform is stopping'))
    const pool = this.#poolOf(image)
    const ready = pool.ready.pop()
    if (ready) {
      this.#refillSoon(pool)
      return ready
    }
    const waiter = Promise.withResolvers<GenericInstance>()
    pool.waiting.push(waiter)
    cancel?.addEventListener(
      'abort',
      () => {
        const index = pool.waiting.indexOf(waiter)
        if (index < 0) return
        pool.waiting.splice(index, 1)
        waiter.reject(new StartCancelled())
      },
      { once: true },
    )
    this.#pump()
    return waiter.promise
  }

  /** Boots one of its own kind, for a function whose variables must be there when the interpreter starts. */
  async boot(image: RuntimeImage, cancel?: AbortSignal): Promise<GenericInstance> {
    // A pool of one caller: it waits its turn like all others.
    const key = `${image.key} (its own ${this.#ownBoots++})`
    try {
      return await this.take({ ...image, key }, cancel)
    } finally {
      this.#pools.delete(key)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const idle = [...this.#pools.values()].flatMap(({ ready }) => ready.splice(0))
    for (const { waiting } of this.#pools.values()) {
      for (const waiter of waiting.splice(0)) waiter.reject(new Error('the platform is stopping'))
    }
    await Promise.all(idle.map(({ sandbox }) => sandbox.kill()))
  }

  #poolOf(image: RuntimeImage): ImagePool {
    let pool = this.#pools.get(image.key)
    if (!pool) {
      pool = { image, ready: [], waiting: [], booting: 0, wanted: 0, failures: 0, refillDue: false }
      this.#pools.set(image.key, pool)
    }
    return pool
  }

  #refillSoon(pool: ImagePool): void {
    if (pool.refillDue) return
    pool.refillDue = true
    this.#clock.after(refillDelayMs, () => {
      pool.refillDue = false
      this.#pump()
    })
  }

  /** Boots what is missing: first for those who wait, then to fill the pools, never more at once than the machine bears. */
  #pump(): void {
    if (this.#closed) return
    for (const missing of [
      (pool: ImagePool) => pool.waiting.length - pool.booting,
      (pool: ImagePool) =>
        pool.failures > 0 ? 0 : pool.waiting.length + pool.wanted - pool.ready.length - pool.booting,
    ]) {
      for (const pool of this.#pools.values()) {
        while (missing(pool) > 0 && this.#booting < this.#bootsAtOnce) this.#bootInto(pool)
      }
    }
  }

  #bootInto(pool: ImagePool): void {
    pool.booting++
    this.#booting++
    this.#boot(pool.image).then(
      (instance) => {
        pool.failures = 0
        this.#settled(pool)
        const waiter = pool.waiting.shift()
        if (waiter) waiter.resolve(instance)
        else if (this.#closed || pool.ready.length >= pool.wanted) this.#end(instance)
        else this.#keep(pool, instance)
        this.#pump()
      },
      (error: unknown) => {
        pool.failures++
        this.#settled(pool)
        // What is killed because the platform stops has not failed.
        if (this.#closed) return
        this.#log.error(
          { err: error, runtime: pool.image.key, failures: pool.failures },
          'a generic instance did not boot',
        )
        pool.waiting.shift()?.reject(error)
        this.#clock.after(Math.min(retryDelayMs.first * 2 ** (pool.failures - 1), retryDelayMs.most), () => {
          pool.failures = Math.max(0, pool.failures - 1)
          this.#pump()
        })
        this.#pump()
      },
    )
  }

  #end({ sandbox }: GenericInstance): void {
    sandbox
      .kill()
      .catch((error: unknown) =>
        this.#log.error({ err: error, instanceId: sandbox.instanceId }, 'a sandbox was not removed'),
      )
  }

  #settled(pool: ImagePool): void {
    pool.booting--
    this.#booting--
  }

  #keep(pool: ImagePool, instance: GenericInstance): void {
    pool.ready.push(instance)
    void instance.sandbox.exited.then(() => {
      const index = pool.ready.indexOf(instance)
      if (index < 0) return
      pool.ready.splice(index, 1)
      this.#log.warn(
        { runtime: pool.image.key, instanceId: instance.sandbox.instanceId },
        'a waiting generic instance died',
      )
      this.#refillSoon(pool)
    })
  }

  async #boot(image: RuntimeImage): Promise<GenericInstance> {
    const sandbox = await this.#driver.create({
      instanceId: this.#ids.instanceId(this.#clock.now()),
      argv: image.argv,
      env: image.env,
      mounts: image.mounts,
    })
    if (image.protocol === 'http') return { sandbox, channel: undefined }
    const channel = new FrameChannel(sandbox.channel, () => this.#clock.monotonicMs())
    const tooLong = Promise.withResolvers<never>()
    const cancel = this.#clock.after(bootTimeoutMs, () =>
      tooLong.reject(new Error(`the runtime was not ready within ${bootTimeoutMs / 1000} s`)),
    )
    try {
      await Promise.race([channel.ready, tooLong.promise])
      for (let round = 0; round < warmUps; round++) {
        await Promise.race([
          channel.ask(frameType.warm, warmHead, warmEvent, { log: undefined, requestId: '' }),
          tooLong.promise,
        ])
      }
      return { sandbox, channel }
    } catch (error) {
      await sandbox.kill()
      throw error
    } finally {
      cancel()
    }
  }
}

const warmHead = '{"requestId":"1-00000000-00000000-000000000000"}'
const warmEvent = Buffer.from('{}')
