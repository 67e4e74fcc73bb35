import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configSchema } from '../../config/config.ts'
import { needsPrivateNamespace } from '../../lib/private-namespace.ts'
import { run } from '../run.ts'
import { scriptedTerminal } from '../testing/scripted-terminal.ts'

test('flags become settings in the environment, and win over those that are there', async () => {
  const terminal = scriptedTerminal({ environment: { PATH: '/bin', HANSHU_POOL_SIZE: '1' } })
  const words = ['up', '--data=/tmp/d', '--ports=auto', '--pool-size=7', '--sandbox=process', '--ephemeral']
  assert.equal(await run(words, terminal), 0)
  const [program] = terminal.became
  assert.deepEqual(program?.environment, {
    PATH: '/bin',
    HANSHU_DATA: '/tmp/d',
    HANSHU_PORTS: 'auto',
    HANSHU_POOL_SIZE: '7',
    HANSHU_SANDBOX: 'process',
    HANSHU_EPHEMERAL: 'true',
  })
  assert.equal(program?.file, process.execPath)
  assert.match(program?.args.at(-1) ?? '', /src\/main\.ts$/)
})

test('a platform that isolates is begun in a mount namespace of its own, where there is one to be had', async (t) => {
  if (!needsPrivateNamespace()) return t.skip('only root of a Linux system makes one')
  const terminal = scriptedTerminal()
  assert.equal(await run(['up', '--sandbox', 'oci'], terminal), 0)
  const [program] = terminal.became
  assert.match(program?.file ?? '', /\/unshare$/)
  assert.equal(program?.args[program.args.indexOf('--') + 1], process.execPath)
  assert.match(program?.args.at(-1) ?? '', /src\/main\.ts$/)
})

test('several data folders are one variable, and no more copies are kept than there are folders', async () => {
  const terminal = scriptedTerminal()
  const words = ['up', '--data', '/a', '--data', '/b', '--replicas', '2']
  assert.equal(await run(words, terminal), 0)
  assert.equal(terminal.became[0]?.environment.HANSHU_DATA, '/a:/b')
  assert.equal(await run([...words.slice(0, 3), '--replicas', '2'], terminal), 2)
  assert.match(terminal.notes(), /as many folders, or keep fewer copies/)
})

test('a setting that is not valid is refused before anything starts, by the name of its flag', async () => {
  const terminal = scriptedTerminal()
  assert.equal(await run(['up', '--fc-port', 'ninety', '--sandbox', 'vm'], terminal), 2)
  assert.match(terminal.notes(), /--fc-port \(HANSHU_FC_PORT\)/)
  assert.match(terminal.notes(), /--sandbox \(HANSHU_SANDBOX\)/)
  assert.deepEqual(terminal.became, [])
})

test('every setting is a flag, with what it is for', async () => {
  const terminal = scriptedTerminal()
  await run(['up', '--help'], terminal)
  for (const variable of Object.keys(configSchema.shape)) {
    const flag = `--${variable.replace('HANSHU_', '').toLowerCase().replaceAll('_', '-')}`
    assert.ok(terminal.output().includes(`${flag} `), flag)
  }
  assert.match(terminal.output(), /--ephemeral +Keep everything in memory/)
})
