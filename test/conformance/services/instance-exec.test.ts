import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc2Client, type Sdk } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { user } from '../identity/identity.fixture.ts'
import { createIn, saying, sharedServices } from './services.fixture.ts'

const bed = sharedServices()

interface Session {
  websocket: { on(event: string, listener: (...args: never[]) => void): void; readyState: number }
  sendMessage(data: Uint8Array): void
  close(): void
}

/** A session of the SDK, with all that its hooks were told. */
async function exec(fc2: Sdk, place: [string, string, string, string], options: object) {
  const told = { stdout: '', stderr: '', errors: [] as Error[] }
  const closed = Promise.withResolvers<{ code: number; reason: string }>()
  const opened = Promise.withResolvers<void>()
  const session: Session = await fc2.instanceExec(...place, options, {
    onStdout: (data: Buffer) => (told.stdout += data),
    onStderr: (data: Buffer) => (told.stderr += data),
    onError: (error: Error) => told.errors.push(error),
  })
  session.websocket.on('open', () => opened.resolve())
  session.websocket.on('close', (code: number, reason: Buffer) =>
    closed.resolve({ code, reason: String(reason) }),
  )
  await Promise.race([opened.promise, closed.promise])
  return {
    ...told,
    told,
    closed: closed.promise,
    close: () => session.close(),
    /** The first byte is the caller's. */
    type: (text: string) => session.sendMessage(Buffer.from(`\0${text}`)),
    typeRaw: (text: string) => session.sendMessage(Buffer.from(text)),
  }
}

const dying = {
  'index.js':
    "exports.handler = (event, context, done) => (String(event) === 'die' ? process.exit(1) : done(null, 'x'))",
}

async function instanceOf(
  functionName: string,
  more: object = {},
  files: Record<string, string> = saying('x'),
): Promise<[string, string, string, string]> {
  const { fc2 } = bed
  await fc2.createService('s').catch((error: { code?: string }) => {
    assert.equal(error.code, 'ServiceAlreadyExists')
  })
  await createIn(fc2, 's', functionName, files, more)
  await fc2.invokeFunction('s', functionName, '')
  const { instances } = (await fc2.listInstances('s', functionName, '')).data
  return ['s', functionName, '', instances[0].instanceId]
}

const shell = { command: '/bin/sh', tty: false, stderr: true }

test('a shell is talked to, has the environment of the function, and its exit code is told', async () => {
  const place = await instanceOf('shell', { environmentVariables: { WORD: 'a b' } })
  const session = await exec(bed.fc2, place, shell)
  session.type('echo "$WORD/$FC_FUNCTION_NAME"; cat index.js | head -c 7; echo oops >&2\n')
  await until(async () => session.told.stdout.includes('exports') && session.told.stderr !== '', {
    what: 'what the session says',
  })
  assert.deepEqual([session.told.stdout, session.told.stderr], ['a b/shell\nexports', 'oops\n'])
  session.typeRaw('exit 7\n')
  assert.deepEqual(await session.closed, { code: 1000, reason: 'exit code 7' })
  // The function does not notice.
  assert.equal((await bed.fc2.invokeFunction('s', 'shell', '')).data, 'x')
})

test('a command with arguments runs, and what it writes while nobody reads is not lost', async () => {
  const place = await instanceOf('arguments')
  const command = ['/bin/sh', '-c', 'head -c 5000000 /dev/zero | tr "\\0" x']
  const session = await exec(bed.fc2, place, { ...shell, command })
  assert.equal((await session.closed).reason, 'exit code 0')
  assert.equal(session.told.stdout.length, 5_000_000)
})

test('at a terminal a person sees what is typed', async () => {
  const place = await instanceOf('terminal')
  const session = await exec(bed.fc2, place, { command: '/bin/sh' })
  session.type('stty size; test -t 2 && echo at a "terminal"\n')
  await until(async () => session.told.stdout.includes('at a terminal'), { what: 'what the session says' })
  assert.match(session.told.stdout, /24 80\r\n/)
  session.type('exit\n')
  assert.equal((await session.closed).reason, 'exit code 0')
})

test('a session without data is closed after its idle time', async () => {
  const place = await instanceOf('idle')
  const session = await exec(bed.fc2, place, { ...shell, idleTimeout: 1 })
  assert.deepEqual(await session.closed, { code: 1000, reason: 'no data for 1 s' })
})

test('what a session started ends with it, and an instance stays while somebody is in it', async () => {
  const { fc2 } = bed
  const place = await instanceOf('ends')
  const first = await exec(fc2, place, shell)
  first.type('sleep 1000 & echo up\n')
  await until(async () => first.told.stdout === 'up\n', { what: 'what the session says' })
  const second = await exec(fc2, place, shell)
  const sleeping = async () => {
    second.told.stdout = ''
    second.type(
      'n=0; for p in /proc/[0-9]*; do case "$(tr "\\0" " " < $p/cmdline 2>/dev/null)" in "sleep 1000 "*) n=1;; esac; done; echo "$n."\n',
    )
    await until(async () => second.told.stdout.endsWith('.\n'), { what: 'what the session says' })
    return second.told.stdout
  }
  assert.equal(await sleeping(), '1.\n')
  first.close()
  await until(async () => (await sleeping()) === '0.\n', { what: 'what the session says' })
  // An instance of a function that is removed stays as long as somebody is in it.
  await fc2.deleteFunction('s', 'ends')
  assert.equal(await sleeping(), '0.\n')
  second.close()
  await second.closed
})

test('a session ends with its instance', async () => {
  const place = await instanceOf('dies', {}, dying)
  const session = await exec(bed.fc2, place, shell)
  session.type('echo up\n')
  await until(async () => session.told.stdout === 'up\n', { what: 'what the session says' })
  await bed.fc2.invokeFunction('s', 'dies', 'die').catch(() => {})
  assert.match((await session.closed).reason, /^ended by SIGKILL$|^exit code 137$/)
})

test('there are four sessions in an instance at most', async () => {
  const place = await instanceOf('many')
  const four = await Promise.all([1, 2, 3, 4].map(() => exec(bed.fc2, place, shell)))
  const fifth = await exec(bed.fc2, place, shell)
  assert.match(fifth.told.errors[0]!.message, /too many sessions/)
  for (const session of four) session.close()
  await Promise.all(four.map(({ closed }) => closed))
})

test('what cannot be opened is refused before the connection is one', async () => {
  const { fc2, platform } = bed
  const place = await instanceOf('refusals')
  const [service, name, , instanceId] = place
  const failure = async (client: Sdk, at: typeof place, options: object = shell) => {
    const { told, closed } = await exec(client, at, options)
    await closed
    return told.errors[0]!.message
  }
  assert.equal(
    await failure(fc2, [service, name, '', 'c-none']),
    "instance 'c-none' of function 'refusals' of service 's' does not exist",
  )
  assert.match(await failure(fc2, [service, 'absent', '', instanceId]), /does not exist/)
  assert.match(await failure(fc2, [service, name, '7', instanceId]), /does not exist/)
  assert.match(await failure(fc2, place, { ...shell, idleTimeout: 601 }), /idleTimeout/)
  const stranger = fc2Client({ ...platform, accessKeySecret: 'wrong' } as typeof platform)
  assert.match(await failure(stranger, place), /signature/i)
  const plain = await fc2
    .get(`/services/s/functions/refusals/instances/${instanceId}/exec?command=true`)
    .catch((error: { code?: string }) => error.code)
  assert.ok(['InvalidArgument', 'SignatureNotMatch'].includes(plain), plain)
  // A path that only the router understands is no place where connections are handed over.
  const hidden = await fc2
    .get(
      `/services/s/functions/refusals/instances/${instanceId}/exe%63`,
      { command: 'true' },
      {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    )
    .catch((error: { code?: string }) => error.code)
  assert.ok(['InvalidArgument', 'SignatureNotMatch', 'PathNotSupported'].includes(hidden), hidden)
  assert.equal((await fc2.invokeFunction('s', 'refusals', '')).data, 'x')
})

test('who may invoke may not log in: that is a permission of its own', async () => {
  const { platform } = bed
  const place = await instanceOf('permitted')
  const allowing = (Action: string) => ({ Effect: 'Allow', Action, Resource: '*' })
  const loginOf = async (name: string, action: string) => {
    const keys = await user(platform, name, [allowing(action)])
    return exec(fc2Client({ ...platform, ...keys }), place, { ...shell, command: '/bin/true' })
  }
  const refused = await loginOf('guest', 'fc:InvokeFunction')
  await refused.closed
  assert.match(refused.told.errors[0]!.message, /fc:InstanceExec/)
  const allowed = await loginOf('operator', 'fc:InstanceExec')
  assert.equal((await allowed.closed).reason, 'exit code 0')
})

test('a platform that stops ends the sessions, and is not held up by them', async () => {
  const place = await instanceOf('stopping')
  const session = await exec(bed.fc2, place, shell)
  session.type('sleep 1000\n')
  assert.equal(await bed.platform.stop(), 0)
  assert.ok((await session.closed).code > 0)
})
