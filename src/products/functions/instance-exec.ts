import { WebSocketServer } from 'ws'
import { NoSession } from '../../ports/instance-sessions.ts'
import { instanceNotFound, invalidArgument, notImplemented, resourceExhausted } from './errors.ts'
import { type ExecOptions, joinExecSocket, messageBytesMax } from './exec-socket.ts'
import type { FunctionsContext, Reply } from './vocabulary.ts'

const idleTimeoutDefaultS = 120
/** "The connection is closed after 10 minutes without data." */
const idleTimeoutMaxS = 600
const argumentsMax = 256
const argumentsBytesMax = 16 * 1024

const server = new WebSocketServer({
  noServer: true,
  maxPayload: messageBytesMax,
  perMessageDeflate: false,
  clientTracking: false,
})

export interface ExecRequest {
  functionName: string
  instanceId: string
  /** Of which the instance has to be. Absent: of any. */
  versions?: readonly string[]
  query: URLSearchParams
  headers: Readonly<Record<string, string | undefined>>
}

/** Starts the program, so that what is refused is answered as by any operation; then the connection is the session's. */
export async function execInInstance(asked: ExecRequest, context: FunctionsContext): Promise<Reply> {
  const { functionName, instanceId, versions, query, headers } = asked
  const { instanceSessions, clock, log, requestId, principal } = context
  if (headers['upgrade']?.toLowerCase() !== 'websocket' || !headers['sec-websocket-key'])
    throw invalidArgument('InstanceExec has to be asked for by WebSocket')
  const running = context.runningInstances(functionName).find((one) => one.instanceId === instanceId)
  if (!running || (versions && !versions.includes(running.versionId)))
    throw instanceNotFound(functionName, instanceId)
  const argv = commandOf(query)
  const tty = flagOf(query, 'tty', false)
  const options: ExecOptions = {
    stdin: flagOf(query, 'stdin', true),
    stdout: flagOf(query, 'stdout', true),
    stderr: flagOf(query, 'stderr', true),
    idleTimeoutMs: idleTimeoutOf(query) * 1000,
  }
  const session = await instanceSessions
    .open({ functionName, instanceId, argv, tty })
    .catch((error: unknown) => {
      if (!(error instanceof NoSession)) throw error
      if (error.because === 'gone') throw instanceNotFound(functionName, instanceId)
      if (error.because === 'busy')
        throw resourceExhausted(`there are too many sessions in instance '${instanceId}'`)
      throw notImplemented('a session in an instance of this kind of sandbox')
    })
  const facts = { requestId, functionName, instanceId, principal, tty: session.tty }
  log.info(facts, 'a session in an instance was opened')
  if (tty && !session.tty) log.warn(facts, "'script' is missing: the session has no terminal")
  return {
    status: 101,
    upgrade(request, socket, head) {
      const drop = (): void =>
        void session.kill().catch((err: unknown) => log.error({ ...facts, err }, 'a session did not end'))
      // One that breaks before it is a WebSocket, or asks for none in a way that there is.
      socket.once('close', drop)
      server.handleUpgrade(request, socket, head, (webSocket) => {
        socket.off('close', drop)
        joinExecSocket(webSocket, session, options, clock).then(
          (why) => log.info({ ...facts, why }, 'a session in an instance was closed'),
          (err: unknown) => log.error({ ...facts, err }, 'a session did not end'),
        )
      })
    },
  }
}

/** One program, or it and its arguments: the parameter is repeated then. */
function commandOf(query: URLSearchParams): string[] {
  const argv = query.getAll('command')
  if (!argv[0]) throw invalidArgument('command is required but not provided')
  const bytes = argv.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  if (argv.length > argumentsMax || bytes > argumentsBytesMax || argv.some((text) => text.includes('\0')))
    throw invalidArgument(
      `command must be at most ${argumentsMax} arguments of ${argumentsBytesMax} bytes in all, without NUL`,
    )
  return argv
}

function flagOf(query: URLSearchParams, name: string, absent: boolean): boolean {
  const text = query.get(name)
  if (text === null || text === '') return absent
  if (text !== 'true' && text !== 'false') throw invalidArgument(`${name} must be true or false`)
  return text === 'true'
}

function idleTimeoutOf(query: URLSearchParams): number {
  const text = query.get('idleTimeout')
  if (text === null || text === '') return idleTimeoutDefaultS
  const seconds = Number(text)
  if (!/^\d{1,9}$/.test(text) || seconds < 1 || seconds > idleTimeoutMaxS)
    throw invalidArgument(`idleTimeout must be between 1 and ${idleTimeoutMaxS} seconds`)
  return seconds
}
