/** The local loop: what it leaves behind while it runs, which must not grow, and when it ends, which is nothing. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually, repository, startPlatform, withoutSettings } from './platform.ts'

const reloads = 50

async function project(t: TestContext): Promise<{ folder: string; write: (text: string) => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-dev-e2e-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'code'))
  // In one step: half of a file would be a reload too.
  const write = async (text: string) => {
    await writeFile(join(folder, 'next.js'), `exports.handler = async () => ${JSON.stringify(text)}\n`)
    await rename(join(folder, 'next.js'), join(folder, 'code/index.js'))
  }
  await write('0')
  await writeFile(
    join(folder, 's.yaml'),
    `edition: 3.0.0
resources:
  loop:
    component: fc3
    props: { functionName: loop, runtime: nodejs20, handler: index.handler, code: ./code }
`,
  )
  return { folder, write }
}

/** `hanshu dev` in this folder; killed after the test, should it still be there. */
function startDev(t: TestContext, folder: string, environment: NodeJS.ProcessEnv, ...flags: string[]) {
  const child: ChildProcess = spawn(join(repository, 'bin/hanshu'), ['dev', ...flags], {
    cwd: folder,
    env: { ...withoutSettings(process.env), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  t.after(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return { child, exited, output: () => output }
}

test('fifty reloads leave one package, one unpacked folder and one instance', async (t) => {
  const platform = await startPlatform(t, { flags: ['--unused-code-seconds', '1'] })
  const { folder, write } = await project(t)
  const dev = startDev(t, folder, { HANSHU_DATA: platform.dataDir })
  await eventually(
    async () => dev.output(),
    (output) => output.includes('watching one function'),
  )

  for (let reload = 1; reload <= reloads; reload++) {
    await write(String(reload))
    await eventually(
      async () => dev.output(),
      (output) => (output.match(/loop: reloaded/g)?.length ?? 0) >= reload,
    )
    // Each has an instance of its own.
    if (reload % 5 === 0) assert.equal(await platform.must('invoke', 'loop'), `${reload}\n`)
  }

  const packages = async () => (await readdir(join(platform.dataDir, 'code/unpacked'))).length
  const blobs = async () => {
    const entries = await readdir(platform.dataDir, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile() && /[/\\]blobs[/\\]/.test(`${entry.parentPath}/`)).length
  }
  const instances = async () => {
    const { instances } = JSON.parse(await platform.must('status', '--output', 'json'))
    return (instances as { functionName: string }[]).filter(({ functionName }) => functionName === 'loop')
      .length
  }
  await eventually(packages, (count) => count === 1)
  await eventually(blobs, (count) => count === 1)
  await eventually(instances, (count) => count === 1)

  dev.child.kill('SIGINT')
  assert.equal(await dev.exited, 0, dev.output())
  assert.equal(await platform.must('invoke', 'loop'), `${reloads}\n`, 'the platform goes on')
})

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  test(`its own platform ends with it, by ${signal}, and nothing is left`, async (t) => {
    const { folder } = await project(t)
    // Temporary folders of this test alone.
    const temporary = join(folder, 'tmp')
    await mkdir(temporary, { mode: 0o755 })
    const dev = startDev(t, folder, { TMPDIR: temporary }, '--standalone')
    await eventually(
      async () => dev.output(),
      (output) => output.includes('watching one function'),
      120_000,
    )
    const own = (await readdir(temporary)).find((name) => name.startsWith('hanshu-dev-'))!
    const pid = await platformPid(join(temporary, own))
    dev.child.kill(signal)
    assert.equal(await dev.exited, signal === 'SIGINT' ? 0 : null, dev.output())
    await eventually(
      async () => [isRunning(pid), (await readdir(temporary)).filter((name) => name === own)],
      ([running, left]) => running === false && (left as string[]).length === 0,
    )
  })
}

async function platformPid(dataDir: string): Promise<number> {
  return JSON.parse(await readFile(join(dataDir, 'ready.json'), 'utf8')).pid
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
