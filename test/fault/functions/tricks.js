/** A function that means harm. The event says which: `{ "trick": "loop", … }`. */
const { execFile, spawn } = require('node:child_process')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')

const never = () => new Promise(() => {})
const later = (delayMs) => new Promise((done) => setTimeout(done, delayMs))
/** What a file descriptor of the channel would be told: length, type, id, payload. */
const frame = (length, type, id) => {
  const header = Buffer.alloc(9)
  header.writeUInt32BE(length, 0)
  header[4] = type
  header.writeUInt32BE(id, 5)
  return header
}
/** The channel is found by trying: whichever takes it. */
const toEveryDescriptor = (bytes) => {
  for (let fd = 3; fd < 64; fd++) {
    try {
      fs.writeSync(fd, bytes)
    } catch {}
  }
}
const attempt = (task) => {
  try {
    return task()
  } catch (error) {
    return error.code
  }
}

const tricks = {
  echo: ({ say }) => say,
  wait: async ({ waitMs }) => {
    await later(waitMs)
    return 'waited'
  },
  loop: () => {
    for (;;);
  },
  takeMemory: () => {
    const taken = []
    for (;;) taken.push(Buffer.alloc(16 * 1024 * 1024, 1))
  },
  forkBomb: () => {
    spawn('/bin/sh', ['-c', 'f() { f | f & }; f'], { stdio: 'ignore', detached: true }).on('error', () => {})
    return never()
  },
  fillDisk: () => {
    const file = fs.openSync('/tmp/full', 'w')
    let writtenMb = 0
    const code = attempt(() => {
      for (const piece = Buffer.alloc(1024 * 1024, 1); ; writtenMb++) fs.writeSync(file, piece)
    })
    return JSON.stringify({ code, writtenMb })
  },
  writeFile: () => {
    fs.writeFileSync('/tmp/note', Buffer.alloc(1024 * 1024))
    return String(fs.statSync('/tmp/note').size)
  },
  print: ({ megabytes, lineBytes }) => {
    const line = `${'x'.repeat(lineBytes - 1)}\n`
    const piece = Buffer.from(line.repeat((1024 * 1024) / lineBytes))
    for (let count = 0; count < megabytes; count++) process.stdout.write(piece)
    return 'printed'
  },
  printByChild: ({ megabytes }) =>
    new Promise((done) => {
      const source = `head -c ${megabytes * 1024 * 1024} /dev/zero`
      spawn('/bin/sh', ['-c', source], { stdio: ['ignore', 'inherit', 'inherit'] }).on('exit', () =>
        done('printed'),
      )
    }),
  printEmptyLines: ({ count }) => {
    const newline = Buffer.from('\n')
    for (let line = 0; line < count; line++) process.stdout.write(newline)
    return 'printed'
  },
  logLines: async ({ perSecond, seconds }) => {
    let line = 0
    for (let tenth = 0; tenth < seconds * 10; tenth++) {
      for (let count = 0; count < perSecond / 10; count++) console.log(`line ${line++} of many`)
      await later(100)
    }
    return String(line)
  },
  exit: ({ code }) => process.exit(code),
  abort: () => process.abort(),
  crashLater: () => {
    setTimeout(() => {
      throw new Error('after the answer')
    }, 5)
    return 'answered'
  },
  never,
  stop: async () => {
    process.kill(process.pid, 'SIGSTOP')
    return 'went on'
  },
  closeOutput: () => {
    for (const fd of [1, 2]) attempt(() => fs.closeSync(fd))
    console.log('into the void')
    return 'closed'
  },
  closeChannel: () => {
    fs.closeSync(3)
    return never()
  },
  garbage: () => {
    toEveryDescriptor(Buffer.alloc(64 * 1024, 0xa5))
    return never()
  },
  tooLongFrame: () => {
    toEveryDescriptor(frame(64 * 1024 * 1024 + 6, 65, 1))
    return never()
  },
  frameWithoutEnd: () => {
    toEveryDescriptor(frame(64 * 1024 * 1024, 67, 0))
    return never()
  },
  answerTwice: () => {
    for (let id = 1; id < 64; id++) toEveryDescriptor(frame(5, 65, id))
    return never()
  },
  answerLarge: ({ megabytes }) => Buffer.alloc(megabytes * 1024 * 1024, 0x61),
  readable: ({ paths }) =>
    JSON.stringify(
      paths.filter((path) => attempt(() => fs.accessSync(path, fs.constants.R_OK)) === undefined),
    ),
  /** Paths of everything on the machine with that name. */
  find: ({ name }) =>
    new Promise((done) => {
      const args = ['/', '-path', '/proc', '-prune', '-o', '-name', name, '-print']
      execFile('find', args, { maxBuffer: 1e7 }, (_, found) => done(found))
    }),
  signal: ({ pids }) => JSON.stringify(pids.filter((pid) => attempt(() => process.kill(pid, 0)) === true)),
  connect: async ({ to }) => {
    const results = await Promise.all(
      to.map(
        ({ host, port }) =>
          new Promise((done) => {
            const socket = net.connect({ host, port })
            const end = (how) => {
              socket.destroy()
              done(how)
            }
            socket.once('connect', () => end('connected'))
            socket.once('error', ({ code }) => end(code))
            setTimeout(() => end('silence'), 1500)
          }),
      ),
    )
    return JSON.stringify(results)
  },
  ask: async ({ url }) => {
    const answer = await fetch(url)
    return JSON.stringify({ status: answer.status, body: await answer.text() })
  },
  listen: async ({ port, forMs }) => {
    const server = net.createServer((socket) => socket.end('secret')).listen(port, '0.0.0.0')
    await later(forMs)
    server.close()
    return 'listened'
  },
  addresses: () =>
    JSON.stringify(
      Object.values(os.networkInterfaces())
        .flat()
        .filter(({ internal, family }) => !internal && family === 'IPv4')
        .map(({ address }) => address),
    ),
  route: () => fs.readFileSync('/proc/net/route', 'utf8'),
  links: ({ outside }) => {
    const made = [outside, '/etc', '/proc/1/root', '/'].map((target, index) =>
      attempt(() => fs.symlinkSync(target, `${os.tmpdir()}/link${index}`)),
    )
    let deep = os.tmpdir()
    for (let depth = 0; depth < 200; depth++) {
      deep += '/d'
      fs.mkdirSync(deep)
    }
    fs.writeFileSync(`${deep}/immovable`, 'x', { mode: 0 })
    fs.chmodSync(deep, 0o500)
    return JSON.stringify(made)
  },
}

exports.handler = async (event) => {
  const { trick, ...settings } = JSON.parse(event.toString())
  return tricks[trick](settings)
}
