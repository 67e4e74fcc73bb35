/**
 * bin/hanshu in a folder of its own and with a PATH of its own: what it gets, what it says, and that it does so once.
 * The npm, apt-get and old Node.js in that PATH are small scripts: they stand for a registry that can be reached or not.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { access, chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'

const repository = resolve(import.meta.dirname, '..')
const utilities = [
  ...[
    'cat',
    'cksum',
    'cp',
    'dirname',
    'env',
    'find',
    'id',
    'ln',
    'mkdir',
    'mv',
    'readlink',
    'rm',
    'sh',
    'sleep',
  ],
  ...['tail', 'touch', 'uname'],
]

/** Does what npm would: with a folder of packages that holds one file, and the Node.js of this process. */
const npm = `#!/bin/sh
echo "$*" >>"$CALLS"
case "$1" in --version) echo 10.0.0; exit 0 ;; esac
[ ! -e "$OFFLINE" ] || { echo 'npm error network request failed' >&2; exit 1; }
sleep 0.3
case "$1" in
  ci) mkdir node_modules; echo 1 >node_modules/installed ;;
  install)
    for package; do :; done
    mkdir -p "$3/node_modules/\${package%@*}/bin"
    ln -s "$REAL_NODE" "$3/node_modules/\${package%@*}/bin/node" ;;
esac
`

interface Installation {
  root: string
  tools: string
  run(words?: string[], environment?: NodeJS.ProcessEnv): Promise<Finished>
  /** How npm was called so far, without `--version`. */
  npmCalls(): Promise<string[]>
  goOffline(): Promise<void>
  program(name: string, script: string): Promise<void>
}

interface Finished {
  exitCode: number
  output: string
  notes: string
}

async function installation(t: TestContext): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-bootstrap-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const root = join(folder, 'root')
  const tools = join(folder, 'path')
  await mkdir(join(root, 'src/cli'), { recursive: true })
  await mkdir(tools)
  await cp(join(repository, 'bin'), join(root, 'bin'), { recursive: true })
  await writeFile(join(root, 'package.json'), '{"type":"module"}')
  await writeFile(join(root, 'package-lock.json'), '{}')
  await writeFile(
    join(root, 'src/cli/main.ts'),
    'const words: string[] = process.argv.slice(2)\nconsole.log(["ran", ...words].join(" "))\n',
  )
  for (const utility of utilities) await symlink(await whereIs(utility), join(tools, utility))

  const program = async (name: string, script: string) => {
    await writeFile(join(tools, name), script)
    await chmod(join(tools, name), 0o755)
  }
  await program('npm', npm)
  const own = {
    PATH: tools,
    HOME: folder,
    CALLS: join(folder, 'calls'),
    OFFLINE: join(folder, 'offline'),
    REAL_NODE: process.execPath,
  }
  return {
    root,
    tools,
    program,
    run: (words = ['version'], environment = {}) =>
      start(join(root, 'bin/hanshu'), words, { ...own, ...environment }),
    async npmCalls() {
      const calls = await readFile(own.CALLS, 'utf8').catch(() => '')
      return calls.split('\n').filter((call) => call !== '' && call !== '--version')
    },
    goOffline: () => writeFile(own.OFFLINE, ''),
  }
}

const start = (file: string, words: string[], environment: NodeJS.ProcessEnv): Promise<Finished> =>
  new Promise((done) => {
    execFile(file, words, { env: environment, timeout: 60_000 }, (error, output, notes) =>
      done({ exitCode: error ? Number(error.code ?? -1) : 0, output, notes }),
    )
  })

async function whereIs(program: string): Promise<string> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, program)
    if (await exists(file)) return file
  }
  throw new Error(`this test needs ${program}`)
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

for (const shell of ['sh', 'bash', 'dash']) {
  test(`the scripts are understood by ${shell}`, async (t) => {
    const file = await whereIs(shell).catch(() => undefined)
    if (!file) return t.skip(`no ${shell} here`)
    for (const script of ['hanshu', 'test', 'bootstrap.sh']) {
      const { exitCode, notes } = await start(file, ['-n', join(repository, 'bin', script)], {})
      assert.equal(exitCode, 0, `${script}: ${notes}`)
    }
  })
}

test('without Node.js in PATH the first start gets it and the packages; the second gets nothing, offline', async (t) => {
  const { run, npmCalls, goOffline, root } = await installation(t)
  const first = await run(['status', '--output', 'json'])
  assert.equal(first.exitCode, 0, first.notes)
  assert.equal(first.output, 'ran status --output json\n')
  assert.match(first.notes, /getting Node\.js [\d.]+ \(node-.*\) from the npm registry, once/)
  assert.match(first.notes, /installing packages/)
  const calls = await npmCalls()
  assert.equal(calls.length, 2, calls.join('\n'))
  assert.match(calls[0]!, /^install --prefix .* --ignore-scripts .* node-[a-z0-9-]+@24\.\d+\.\d+$/)
  assert.match(calls[1]!, /^ci --ignore-scripts .*--omit=dev/)

  await goOffline()
  const second = await run()
  assert.deepEqual(second, { exitCode: 0, output: 'ran version\n', notes: '' })
  assert.equal((await npmCalls()).length, 2)
  assert.equal(await exists(join(root, '.tools/install.lock')), false)
})

test('a Node.js that is too old is not used', async (t) => {
  const { run, program, npmCalls } = await installation(t)
  await program('node', '#!/bin/sh\necho v20.1.0\n')
  assert.equal((await run()).exitCode, 0)
  assert.match((await npmCalls())[0]!, /^install/)
})

test('a Node.js that is new enough is used as it is', async (t) => {
  const { run, tools, npmCalls } = await installation(t)
  await symlink(process.execPath, join(tools, 'node'))
  assert.equal((await run()).exitCode, 0)
  assert.deepEqual(
    (await npmCalls()).map((call) => call.split(' ')[0]),
    ['ci'],
  )
})

test('HANSHU_NODE is used, and refused by name when it is not one', async (t) => {
  const { run, program, tools } = await installation(t)
  assert.equal((await run(['version'], { HANSHU_NODE: process.execPath })).output, 'ran version\n')
  await program('old-node', '#!/bin/sh\necho v18.0.0\n')
  const refused = await run(['version'], { HANSHU_NODE: join(tools, 'old-node') })
  assert.equal(refused.exitCode, 1)
  assert.match(refused.notes, /HANSHU_NODE is .*old-node, which is not a Node\.js 24 or newer but 18\.0\.0/)
})

test('offline, the first start says what it needs and leaves nothing half-done', async (t) => {
  const { run, goOffline, root } = await installation(t)
  await goOffline()
  const { exitCode, notes } = await run()
  assert.equal(exitCode, 1)
  assert.match(notes, /npm error network request failed/)
  assert.match(notes, /could not get Node\.js.*This needs the network once/)
  for (const left of ['.tools/node24', '.tools/node24.new', '.tools/install.lock']) {
    assert.equal(await exists(join(root, left)), false, left)
  }
})

test('without npm it says that npm or Node.js is needed', async (t) => {
  const { run, tools } = await installation(t)
  await rm(join(tools, 'npm'))
  const { exitCode, notes } = await run()
  assert.equal(exitCode, 1)
  assert.match(notes, /needs Node\.js 24 or newer, and npm, which could fetch it, is not there either/)
})

test('packages are installed again when the lock file changed; when that fails the old ones stay', async (t) => {
  const { run, npmCalls, goOffline, root } = await installation(t)
  await run()
  await writeFile(join(root, 'package-lock.json'), '{"changed":true}')
  assert.match((await run()).notes, /installing packages/)
  assert.equal((await npmCalls()).length, 3)

  await writeFile(join(root, 'package-lock.json'), '{"changed":"again"}')
  await goOffline()
  const failed = await run()
  assert.equal(failed.exitCode, 1)
  assert.match(failed.notes, /could not install packages: npm failed/)
  assert.equal(await readFile(join(root, 'node_modules/installed'), 'utf8'), '1\n')
  assert.equal(await exists(join(root, '.tools/packages.new')), false)
})

test('whoever has the development tools keeps them', async (t) => {
  const { run, npmCalls, root } = await installation(t)
  await mkdir(join(root, 'node_modules'))
  await writeFile(join(root, 'node_modules/.hanshu-installed'), 'dev 1 2\n')
  assert.equal((await run()).exitCode, 0)
  assert.doesNotMatch((await npmCalls())[1]!, /omit/)
  assert.match(await readFile(join(root, 'node_modules/.hanshu-installed'), 'utf8'), /^dev \d+ \d+\n$/)
})

test('packages that were installed by hand are used as they are, and lose nothing when they are installed anew', async (t) => {
  const { run, npmCalls, root } = await installation(t)
  await mkdir(join(root, 'node_modules'))
  await writeFile(join(root, 'node_modules/.package-lock.json'), '{}')
  const later = new Date(Date.now() + 60_000)
  await utimes(join(root, 'node_modules/.package-lock.json'), later, later)
  assert.equal((await run()).exitCode, 0)
  assert.ok((await npmCalls()).every((call) => !/\bci\b/.test(call)))

  const latest = new Date(Date.now() + 120_000)
  await utimes(join(root, 'package-lock.json'), latest, latest)
  assert.match((await run()).notes, /installing packages/)
  assert.doesNotMatch((await npmCalls()).at(-1)!, /omit/)
})

test('of starts at the same time, one installs and the others wait', async (t) => {
  const { run, npmCalls } = await installation(t)
  const results = await Promise.all([run(), run(), run()])
  for (const { exitCode, output } of results) assert.deepEqual([exitCode, output], [0, 'ran version\n'])
  assert.equal((await npmCalls()).length, 2)
  assert.ok(results.some(({ notes }) => /another start \(process \d+\) is installing; waiting/.test(notes)))
})

test('the lock of a start that was killed is taken over', async (t) => {
  const { run, root } = await installation(t)
  await mkdir(join(root, '.tools/install.lock'), { recursive: true })
  // No process has this id: it is above the largest that Linux and macOS give.
  await writeFile(join(root, '.tools/install.lock/pid'), '4194999\n')
  assert.equal((await run()).exitCode, 0)
})

test('it finds its folder through links', async (t) => {
  const { run, root, tools } = await installation(t)
  await run()
  await symlink(join(root, 'bin/hanshu'), join(tools, 'first'))
  await symlink('first', join(tools, 'second'))
  const finished = await start(join(tools, 'second'), ['a  b'], { PATH: tools })
  assert.deepEqual([finished.exitCode, finished.output], [0, 'ran a  b\n'])
})

const onLinux = process.platform === 'linux' ? {} : { skip: 'system programs are those of Linux' }

test('up says which system programs are missing and what follows, and goes on', onLinux, async (t) => {
  const { run } = await installation(t)
  const { exitCode, output, notes } = await run(['up'])
  assert.equal(exitCode, 0)
  assert.equal(output, 'ran up\n')
  assert.match(notes, /missing .*crun.*python3/)
  assert.match(notes, /functions run as ordinary processes, NOT isolated/)
  assert.doesNotMatch((await run(['status'])).notes, /missing/)
  assert.doesNotMatch((await run(['up', '--help'])).notes, /missing/)
  assert.doesNotMatch((await run(['up', '--sandbox', 'process'])).notes, /crun/)
})

test('up asks for the OCI runtime that the settings name, and for no other', onLinux, async (t) => {
  const { run } = await installation(t)
  for (const { notes } of [
    await run(['up', '--oci-runtime', 'runsc']),
    await run(['up', '--oci-runtime=runsc']),
    await run(['up'], { HANSHU_OCI_RUNTIME: 'runsc' }),
  ]) {
    assert.match(notes, /missing .* runsc /)
    assert.match(notes, /without runsc, which the settings name, the platform does not start/)
    assert.doesNotMatch(notes, /crun/)
  }
  assert.match((await run(['up', '--oci-runtime', '../evil'])).notes, /missing .* crun /)
})

test('as root with apt-get, up installs what is missing, once', onLinux, async (t) => {
  const { run, program, root, tools } = await installation(t)
  await rm(join(tools, 'id'))
  await program('id', '#!/bin/sh\necho 0\n')
  await program(
    'apt-get',
    `#!/bin/sh\necho "apt-get $*" >>"$CALLS"\n[ ! -e "$OFFLINE" ] || exit 100\ncase "$*" in *install*) for p in crun nft ip mkfs.ext4 python3; do touch '${tools}'/$p; chmod 755 '${tools}'/$p; done ;; esac\n`,
  )
  await symlink(await whereIs('chmod'), join(tools, 'chmod'))
  const first = await run(['up'])
  assert.equal(first.exitCode, 0, first.notes)
  assert.match(first.notes, /installing system programs: .*crun/)
  assert.doesNotMatch(first.notes, /missing/)
  assert.equal((await run(['up'])).notes, '')
  assert.equal(await exists(join(root, '.tools/install.lock')), false)
})

test(
  'an apt-get that fails is told, does not stop the start, and is not tried again at once',
  onLinux,
  async (t) => {
    const { run, program, tools, npmCalls } = await installation(t)
    await rm(join(tools, 'id'))
    await program('id', '#!/bin/sh\necho 0\n')
    await program('apt-get', '#!/bin/sh\necho "apt-get $*" >>"$CALLS"\nexit 100\n')
    const first = await run(['up'])
    assert.equal(first.exitCode, 0)
    assert.match(first.notes, /apt-get failed/)
    assert.match(first.notes, /missing: .*To install: apt-get install -y .*crun/)
    const calls = (await npmCalls()).length
    const second = await run(['up'])
    assert.match(second.notes, /missing: /)
    assert.equal((await npmCalls()).length, calls)
  },
)
