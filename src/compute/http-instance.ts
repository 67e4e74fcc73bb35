import { Agent, type ClientRequest, request as httpRequest, IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../lib/clock.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import type { BoundPaths, Sandbox, SandboxExit } from '../ports/sandbox.ts'
import { type ControlPath, contractHeaders } from './contract-headers.ts'
import { customStartScript, encodeStart } from './custom-script.ts'
import { answerBytesMax, badResponse } from './failure-bodies.ts'
import { saysFailed } from './forward-queued.ts'
import type { InvocationLog } from './invocation-log.ts'
import {
  type Answer,
  contractEnvironment,
  type EventCall,
  type ForwardCall,
  type HookCall,
  type HttpAnswer,
  type LiveInstance,
  type UpgradeCall,
} from './live-instance.ts'
import { exitedBeforeServing, notListening } from './not-started.ts'
import { onOutputLines } from './output-lines.ts'
import { boundStreams } from './streamed-response.ts'
import { ConnectionLost, canBeSent, type WholeResponse, wholeExchange } from './whole-exchange.ts'

/** As the vendor: a custom runtime listens within 120 s of its start. */
const startTimeoutMs = 120_000
const startLogCharactersMax = 4096

const defaultPort = 9000

export const listenPortOf = ({ customRuntime }: FunctionRevision): number =>
  customRuntime?.port ?? defaultPort

interface Sent {
  method: string
  target: string
  rawHeaders: string[]
  body?: Uint8Array | Readable | undefined
  signal?: AbortSignal
  /** The response is going to be streamed. */
  responded?(request: ClientRequest, response: IncomingMessage): void
}

/** Starts a custom runtime in a waiting sandbox that is bound already, and waits until it listens. Throws `NotStarted`. */
export async function startHttpInstance({
  sandbox,
  revision,
  qualifier,
  paths,
  clock,
  backgroundLog,
}: {
  sandbox: Sandbox
  revision: FunctionRevision
  qualifier: string
  paths: BoundPaths
  clock: Clock
  backgroundLog: InvocationLog
}): Promise<LiveInstance> {
  const custom = revision.customRuntime ?? { command: [], args: [], port: defaultPort }
  const address = sandbox.address(custom.port)
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' })
  const whole = wholeExchange({ address, monotonicMs: () => clock.monotonicMs() })
  /** Who is being served: with one invocation at a time, output belongs to it. */
  const serving = new Set<InvocationLog>()
  let startLog = ''
  const takeOutput = (lines: string) => {
    startLog = (startLog + lines).slice(-startLogCharactersMax)
    const [only] = serving.size === 1 ? serving : []
    ;(only ?? backgroundLog).write(lines)
  }
  onOutputLines(sandbox.stdout, takeOutput)
  onOutputLines(sandbox.stderr, takeOutput)

  let exit: SandboxExit | undefined
  /** Pauses under way. A reaction on `exited` for each would stay for the life of the instance. */
  const wakers = new Set<() => void>()
  void sandbox.exited.then((report) => {
    exit = report
    agent.destroy()
    whole.close()
    for (const wake of wakers) wake()
  })
  sandbox.channel.on('error', () => {})
  sandbox.channel.end(
    encodeStart(
      customStartScript({
        env: {
          ...contractEnvironment(revision, {
            instanceId: sandbox.instanceId,
            codeDir: paths.codeDir,
            qualifier,
          }),
          FC_CUSTOM_LISTEN_PORT: String(address.port),
        },
        codeDir: paths.codeDir,
        command: custom.command,
        args: custom.args,
      }),
    ),
  )
  if (address.port !== custom.port) {
    backgroundLog.write(
      `port ${custom.port} is in use on this machine, whose ports this sandbox shares: listen on $FC_CUSTOM_LISTEN_PORT, which is ${address.port}\n`,
    )
  }
  await untilListening()

  return {
    instanceId: sandbox.instanceId,
    sandbox,
    paths,
    exited: sandbox.exited,
    initialize: (call) => hook(call, 'POST', '/initialize'),
    preStop: (call) => hook(call, 'GET', '/pre-stop'),
    invoke,
    forward,
    upgrade,
    outputSettled,
    setBackgroundLog: () => {},
  }

  /**
   * An answer and what was printed before it come through different pipes. Once the answer is here the other is ready to
   * be read: this turn of the event loop or the next one reads it.
   */
  async function outputSettled(): Promise<void> {
    await nextTurn()
    await nextTurn()
  }

  async function untilListening(): Promise<void> {
    const deadlineMs = clock.monotonicMs() + startTimeoutMs
    let waitMs = 1
    const { healthCheck } = custom
    if (healthCheck) await pause(healthCheck.initialDelayMs)
    for (let successes = 0; successes < (healthCheck?.successThreshold ?? 1); ) {
      if (exit) {
        const command = [...custom.command, ...custom.args].join(' ') || `${paths.codeDir}/bootstrap `
        throw exitedBeforeServing({ code: exit.code, signal: exit.signal, command, log: startLog })
      }
      if (clock.monotonicMs() > deadlineMs) {
        throw notListening({ port: address.port, timeoutMs: startTimeoutMs, log: startLog })
      }
      successes = (
        healthCheck
          ? await healthy(healthCheck.httpGetUrl, healthCheck.timeoutMs)
          : await listening()
      )
        ? successes + 1
        : 0
      if (successes === 0) {
        await pause(waitMs)
        waitMs = Math.min(waitMs * 2, healthCheck?.periodMs ?? 50)
      }
    }
  }

  /** Ends early when the instance is gone. */
  function pause(ms: number): Promise<void> {
    if (exit) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = () => {
        cancel()
        wakers.delete(wake)
        resolve()
      }
      const cancel = clock.after(ms, wake)
      wakers.add(wake)
    })
  }

  function listening(): Promise<boolean> {
    return new Promise((resolve) => {
      const probe = connect(address)
      probe.setTimeout(1000)
      probe.once('connect', () => resolve(true))
      for (const event of ['error', 'timeout', 'close']) probe.once(event, () => resolve(false))
      probe.once('connect', () => probe.destroy())
      probe.once('timeout', () => probe.destroy())
    })
  }

  function healthy(path: string, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const probe = httpRequest({ ...address, path, agent: false }, ({ statusCode = 0 }) => {
        resolve(statusCode >= 200 && statusCode < 400)
        // The status says it all; the body may have no end.
        probe.destroy()
      })
      // For the whole answer: who says a little now and then, or changes the protocol, must not hold up the start.
      const cancel = clock.after(timeoutMs, () => probe.destroy())
      probe.on('error', () => {})
      probe.once('close', () => {
        cancel()
        resolve(false)
      })
      probe.end()
    })
  }

  /** One exchange with the instance. A request without a body is tried once more when a kept connection had gone stale. */
  async function exchange(
    send: Sent,
    log: InvocationLog,
  ): Promise<WholeResponse | IncomingMessage | 'died' | { broken: string }> {
    serving.add(log)
    for (let attempt = 0; ; attempt++) {
      try {
        return await exchangeOnce(send)
      } catch (error) {
        const isStale = error instanceof ConnectionLost && error.isReused
        const retryable = send.body === undefined && isStale && attempt < 2
        if (retryable && !exit && !send.signal?.aborted) continue
        if (exit) return 'died'
        // The connection breaks an instant before the exit of a dying process is known.
        await pause(50)
        if (exit) return 'died'
        return { broken: error instanceof Error ? error.message : String(error) }
      }
    }
  }

  async function exchangeOnce({ body, ...send }: Sent): Promise<WholeResponse | IncomingMessage> {
    if (body instanceof Readable) return byNode({ ...send, body }, undefined)
    const request = { ...send, body }
    if (!canBeSent(request)) return byNode(request, undefined)
    const response = await whole.exchange(request)
    // What was sent is sent: only the response is left for Node to read.
    return response instanceof Duplex ? byNode({ ...send, body: undefined }, response) : response
  }

  /** By Node's client; on a connection that is given, the response alone. Rejects with `ConnectionLost` and others. */
  function byNode(send: Sent, connection: Duplex | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest({
        ...address,
        ...(connection ? { createConnection: () => connection } : { agent }),
        method: send.method,
        path: send.target,
        headers: send.rawHeaders,
        setHost: false,
        ...(send.signal ? { signal: send.signal } : {}),
      })
      sent.once('response', (response) => {
        send.responded?.(sent, response)
        resolve(response)
      })
      // A response that breaks off and a request that is given up can both be told: the second must not end the platform.
      sent.on('error', (cause) =>
        reject(new ConnectionLost(sent.reusedSocket && !connection, { message: cause.message, cause })),
      )
      // A change of protocol that was not asked for is neither a response nor an error.
      sent.once('close', () => reject(new Error('The connection was closed without a response.')))
      if (send.body instanceof Readable) {
        // A failure of either side arrives as the request's own error.
        pipeline(send.body, sent).catch(() => {})
      } else sent.end(send.body)
    })
  }

  async function collected(response: WholeResponse | IncomingMessage): Promise<Buffer | undefined> {
    if (!(response instanceof IncomingMessage)) return response.body
    const chunks: Buffer[] = []
    let sizeBytes = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length
      if (sizeBytes > answerBytesMax) {
        response.destroy()
        return undefined
      }
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }

  async function asked(
    send: Parameters<typeof exchange>[0],
    log: InvocationLog,
    failed: (status: number, rawHeaders: readonly string[]) => boolean,
  ): Promise<Answer> {
    try {
      const response = await exchange(send, log)
      if (response === 'died') return { is: 'died', delivered: true }
      if ('broken' in response)
        return { is: 'error', kind: 'unhandled', fatal: true, body: badResponse(response.broken) }
      const body = await collected(response).catch(() => undefined)
      if (body === undefined) {
        if (exit) return { is: 'died', delivered: true }
        return {
          is: 'error',
          kind: 'unhandled',
          fatal: false,
          body: badResponse('The response is incomplete or larger than 32 MB.'),
        }
      }
      const status = response instanceof IncomingMessage ? (response.statusCode ?? 0) : response.status
      return failed(status, response.rawHeaders)
        ? { is: 'error', kind: 'unhandled', fatal: false, body }
        : { is: 'result', body }
    } finally {
      await outputSettled()
      serving.delete(log)
    }
  }

  function hook(call: HookCall, method: string, path: '/initialize' | '/pre-stop'): Promise<Answer> {
    const rawHeaders = [
      ...hostHeader(),
      ...contractHeaders(revision, call, path),
      ...(method === 'POST' ? ['Content-Length', '0'] : []),
    ]
    return asked({ method, target: path, rawHeaders }, call.log, (status) => status < 200 || status > 299)
  }

  function invoke(call: EventCall): Promise<Answer> {
    call.started?.()
    const rawHeaders = [
      ...hostHeader(),
      'Content-Type',
      'application/octet-stream',
      'Content-Length',
      String(call.event.length),
      ...contractHeaders(revision, call, '/invoke', { retryCount: call.retryCount }),
    ]
    return asked(
      { method: 'POST', target: '/invoke', rawHeaders, body: call.event },
      call.log,
      (status, headers) => status === 404 || saysFailed(headers),
    )
  }

  async function forward(call: ForwardCall): Promise<HttpAnswer> {
    const { method, target } = call.request
    const rawHeaders = clientHeaders(call)
    const bodyless = !rawHeaders.some(
      (name, index) => index % 2 === 0 && /^(content-length|transfer-encoding)$/i.test(name),
    )
    const response = await exchange(
      {
        method,
        target,
        rawHeaders: [...rawHeaders, ...forwardHeaders(call, '/http-invoke')],
        ...(bodyless ? {} : { body: call.body }),
        signal: call.signal,
        responded: (sent, response) =>
          boundStreams({
            request: sent,
            response,
            clock,
            silent: () => call.log.write('The response was broken off after 15 minutes without a byte.\n'),
          }),
      },
      call.log,
    )
    if (response === 'died' || 'broken' in (response as object)) {
      serving.delete(call.log)
      if (response === 'died') return { is: 'died', delivered: true }
      return {
        is: 'error',
        kind: 'unhandled',
        fatal: false,
        body: badResponse((response as { broken: string }).broken),
      }
    }
    const message = response as WholeResponse | IncomingMessage
    if (!(message instanceof IncomingMessage)) {
      void outputSettled().then(() => serving.delete(call.log))
      return { is: 'response', ...message }
    }
    const settle = () => void outputSettled().then(() => serving.delete(call.log))
    if (message.closed) settle()
    else message.once('close', settle)
    return {
      is: 'response',
      status: message.statusCode ?? 502,
      statusMessage: message.statusMessage ?? '',
      rawHeaders: message.rawHeaders,
      body: message,
    }
  }

  /** The bytes of both sides, untouched, from the request's head to the end of the connection. */
  function upgrade(call: UpgradeCall): Promise<Exclude<Answer, { is: 'returned' }>> {
    return new Promise((resolve) => {
      serving.add(call.log)
      const upstream = connect({ ...address, noDelay: true })
      const { method, target } = call.request
      const headers = [...clientHeaders(call), ...forwardHeaders(call, '/http-invoke')]
      let text = `${method} ${target} HTTP/1.1\r\n`
      for (let index = 0; index < headers.length; index += 2)
        text += `${headers[index]}: ${headers[index + 1]}\r\n`
      upstream.write(Buffer.from(`${text}\r\n`, 'latin1'))
      if (call.head.length > 0) upstream.write(call.head)
      let answered = false
      upstream.once('data', () => {
        answered = true
      })
      // Before the instance has said a word the client's connection is left open: the edge answers on it.
      const end = (answer: Exclude<Answer, { is: 'returned' }>) => {
        serving.delete(call.log)
        if (answer.is === 'result' || answered) call.socket.destroy()
        upstream.destroy()
        resolve(answer)
      }
      call.signal.addEventListener('abort', () => end({ is: 'result', body: Buffer.alloc(0) }), {
        once: true,
      })
      upstream.once('error', (error) =>
        end(
          exit
            ? { is: 'died', delivered: answered }
            : { is: 'error', kind: 'unhandled', fatal: false, body: badResponse(error.message) },
        ),
      )
      upstream.once('close', () => end({ is: 'result', body: Buffer.alloc(0) }))
      call.socket.once('error', () => upstream.destroy())
      call.socket.once('close', () => upstream.destroy())
      call.socket.pipe(upstream)
      upstream.pipe(call.socket)
    })
  }

  function hostHeader(): string[] {
    return ['Host', `127.0.0.1:${custom.port}`]
  }

  /** The client's trace is continued by ours, where there is one. */
  function clientHeaders({ request: { rawHeaders }, trace }: ForwardCall | UpgradeCall): readonly string[] {
    if (!trace) return rawHeaders
    return rawHeaders.filter((_, index) => !/^trace(parent|state)$/i.test(rawHeaders[index - (index % 2)]!))
  }

  function forwardHeaders(call: ForwardCall | UpgradeCall, controlPath: ControlPath): string[] {
    const retryCount = 'retryCount' in call ? call.retryCount : 0
    return contractHeaders(revision, call, controlPath, { request: call.request, retryCount })
  }
}
