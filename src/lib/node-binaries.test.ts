import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { NodeNotAvailable, nodeBinary } from './node-binaries.ts'

const ownMajor = Number(process.versions.node.split('.')[0])
/** One that is not the one that runs this. */
const major = ownMajor === 22 ? 20 : 22

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'hanshu-node-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return path
}

async function script(file: string, content: string): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, `#!/bin/sh\n${content}\n`)
  await chmod(file, 0o755)
}

/** Stands for npm and a registry: makes a "Node.js" that only tells its version. */
const npmScript = (calls: string) => `
echo "$*" >>'${calls}'
for spec; do :; done
name=\${spec%@*}
mkdir -p "$3/node_modules/$name/bin"
printf '#!/bin/sh\\necho v%s\\n' "\${spec##*@}" >"$3/node_modules/$name/bin/node"
chmod 755 "$3/node_modules/$name/bin/node"`

test('the Node.js that runs is taken when it has that major version', async (t) => {
  assert.equal(await nodeBinary(ownMajor, { toolsDir: await folder(t) }), process.execPath)
})

test('one in PATH of that major version is taken, one of another is not', async (t) => {
  const toolsDir = await folder(t)
  await script(join(toolsDir, 'old/node'), 'echo v12.0.0')
  await script(join(toolsDir, 'right/node'), `echo v${major}.1.0`)
  const environment = { PATH: `${toolsDir}/missing:${toolsDir}/old:${toolsDir}/right:${process.env.PATH}` }
  assert.equal(await nodeBinary(major, { toolsDir, environment }), join(toolsDir, 'right/node'))
})

test('what is missing is fetched once, however many ask, and found again afterwards', async (t) => {
  const toolsDir = await folder(t)
  const calls = join(toolsDir, 'calls')
  const npmCommand = join(toolsDir, 'npm')
  await script(npmCommand, npmScript(calls))
  const said: string[] = []
  const environment = { PATH: await pathWithoutNode(t) }
  const ask = () =>
    nodeBinary(major, {
      toolsDir,
      npmCommand,
      environment,
      announce: (sentence) => void said.push(sentence),
    })
  const paths = await Promise.all([ask(), ask(), ask()])
  const again = await ask()
  assert.deepEqual(new Set([...paths, again]).size, 1)
  assert.match(again, new RegExp(`node${major}/`))
  assert.equal((await readFile(calls, 'utf8')).trim().split('\n').length, 1)
  assert.match(await readFile(calls, 'utf8'), /--ignore-scripts/)
  assert.equal(said.length, 1)
  assert.deepEqual((await readdir(toolsDir)).sort(), ['calls', `node${major}`, 'npm'])
})

test('offline it says so and leaves nothing; what a killed process left is removed', async (t) => {
  const toolsDir = await folder(t)
  const npmCommand = join(toolsDir, 'npm')
  await script(npmCommand, 'echo "npm error network: getaddrinfo EAI_AGAIN" >&2; exit 1')
  await mkdir(join(toolsDir, `node${major}.4194999.abandoned`))
  const environment = { PATH: await pathWithoutNode(t) }
  await assert.rejects(nodeBinary(major, { toolsDir, npmCommand, environment }), (error) => {
    assert.ok(error instanceof NodeNotAvailable)
    assert.match(error.message, /could not be fetched with npm: npm error network: getaddrinfo EAI_AGAIN/)
    assert.match(error.message, /This needs the network once/)
    return true
  })
  assert.deepEqual(await readdir(toolsDir), ['npm'])
})

test('a version that nobody has is refused by its number', async (t) => {
  const environment = { PATH: await pathWithoutNode(t) }
  await assert.rejects(
    nodeBinary(11, { toolsDir: await folder(t), environment }),
    /no Node\.js 11 .* known are 16, 18/,
  )
})

/** A PATH with the few programs that the scripts need, and without any Node.js. */
async function pathWithoutNode(t: TestContext): Promise<string> {
  const tools = await folder(t)
  for (const name of ['mkdir', 'chmod']) {
    const found = (process.env.PATH ?? '').split(delimiter).find((place) => existsSync(join(place, name)))
    await symlink(join(found!, name), join(tools, name))
  }
  return tools
}
