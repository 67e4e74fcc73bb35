import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { decodeError, encodeBind, encodeInvoke, FrameDecoder, type FrameType, frameType } from './frames.ts'

export type TestAnswer =
  | { is: 'result'; body: Buffer }
  | { is: 'error'; kind: 'handled' | 'unhandled'; fatal: boolean; body: Buffer }
  | { is: 'returned' }
  | { is: 'died' }

/** A built-in runtime as a plain child process, for the tests of the runtime contract: no sandbox, the real channel. */
export class RuntimeUnderTest {
  readonly process: ChildProcess
  readonly channel: Duplex
  readonly ready: Promise<void>
  readonly exited: Promise<{ code: number | null; signal: string | null }>
  /** In the order in which they came, `id` of each. */
  readonly logs: { id: number; text: string }[] = []
  /** Milliseconds, by `id`. */
  readonly took = new Map<number, number>()
  /** What went past the channel: the runtime itself must be silent there. */
  stray = ''
  #nextId = 1
  readonly #waiting = new Map<number, (answer: TestAnswer) => void>()

  constructor(argv: readonly string[], env: Record<string, string> = {}) {
    this.process = spawn(argv[0]!, argv.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', ...env },
    })
    this.channel = this.process.stdio[3] as Duplex
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ready = promise
    promise.catch(() => {})
    const decoder = new FrameDecoder((type, id, payload) => {
      if (type === frameType.ready) resolve()
      else if (type === frameType.log) this.logs.push({ id, text: payload.toString() })
      else if (type === frameType.result) this.#answer(id, { is: 'result', body: Buffer.from(payload) })
      else if (type === frameType.error)
        this.#answer(id, { is: 'error', ...decodeError(Buffer.from(payload)) })
      else if (type === frameType.returned) this.#answer(id, { is: 'returned' })
      else if (type === frameType.took) this.took.set(id, payload.readUInt32BE(0) / 1000)
      else throw new Error(`a runtime does not say ${type}`)
    })
    this.channel.on('data', (chunk: Buffer) => decoder.push(chunk))
    // A runtime that exits with unread frames resets the channel; `exited` says the rest.
    this.channel.on('error', () => {})
    for (const output of [this.process.stdout!, this.process.stderr!]) {
      output.on('data', (chunk: Buffer) => {
        this.stray += chunk.toString()
      })
    }
    this.exited = new Promise((settle) => {
      this.process.once('close', (code, signal) => {
        reject(new Error(`the runtime exited before it was ready: ${this.stray}`))
        for (const id of [...this.#waiting.keys()]) this.#answer(id, { is: 'died' })
        settle({ code, signal })
      })
    })
  }

  send(bytes: Buffer): void {
    this.channel.write(bytes)
  }

  bind(settings: { codeDir: string; runtime: string } & Record<string, unknown>): void {
    this.send(
      encodeBind({
        optDir: '/nonexistent-opt',
        tmpDir: '/tmp',
        handler: 'index.handler',
        initializer: '',
        preStop: '',
        functionName: 'hello',
        accountId: '1234567890123456',
        region: 'cn-hangzhou',
        qualifier: 'LATEST',
        versionId: '',
        memoryMb: 512,
        timeoutS: 3,
        initializerTimeoutS: 5,
        serviceName: '',
        logProject: '',
        logStore: '',
        env: {},
        ...settings,
      }),
    )
  }

  invoke(event: Uint8Array | string = '', head: object = {}): Promise<TestAnswer> {
    return this.ask(frameType.invoke, event, head)
  }

  ask(type: FrameType, event: Uint8Array | string = '', head: object = {}): Promise<TestAnswer> {
    const id = this.#nextId++
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.send(
        encodeInvoke(id, JSON.stringify({ requestId: `request-${id}`, ...head }), Buffer.from(event), type),
      )
    })
  }

  /** Everything that was printed in invocation `id`, or outside of one (0). */
  logOf(id: number): string {
    return this.logs
      .filter((log) => log.id === id)
      .map(({ text }) => text)
      .join('')
  }

  async stop(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.exited
  }

  #answer(id: number, answer: TestAnswer): void {
    const resolve = this.#waiting.get(id)
    if (resolve === undefined) throw new Error(`invocation ${id} was answered twice, or never asked`)
    this.#waiting.delete(id)
    resolve(answer)
  }
}
