import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { trustAuthority } from './trust.ts'

const authority = { commonName: 'Hanshu Platform', certificate: 'a certificate\n' }
const hash = '2d889177'

async function folder(context: TestContext): Promise<string> {
  const made = await mkdtemp(`${tmpdir()}/hanshu-trust-`)
  context.after(() => rm(made, { recursive: true }))
  return made
}

test('adds an authority where programs look, behind those of the machine', async (context) => {
  const etc = await folder(context)
  await mkdir(`${etc}/ssl/certs`, { recursive: true })
  await writeFile(`${etc}/ssl/certs/${hash}.0`, 'of somebody else')
  const variables = await trustAuthority(etc, authority)
  for (const [name, path] of Object.entries(variables)) {
    const text = await readFile(etc + path.slice('/etc'.length), 'utf8')
    assert.ok(text.endsWith(authority.certificate), name)
  }
  assert.equal(await readlink(`${etc}/ssl/certs/${hash}.1`), 'hanshu.pem')
  assert.equal(await readFile(`${etc}/ssl/certs/${hash}.0`, 'utf8'), 'of somebody else')
})

test('never writes where a copied link leads', async (context) => {
  const [etc, machine] = [await folder(context), await folder(context)]
  await writeFile(`${machine}/ca-certificates.crt`, 'the machine')
  await mkdir(`${etc}/ssl`)
  await symlink(machine, `${etc}/ssl/certs`)
  await trustAuthority(etc, authority)
  assert.deepEqual(await readdir(machine), ['ca-certificates.crt'])
  assert.equal(await readFile(`${machine}/ca-certificates.crt`, 'utf8'), 'the machine')
  assert.match(await readFile(`${etc}/ssl/certs/ca-certificates.crt`, 'utf8'), /a certificate/)
})

test('follows a link between two folders of its own', async (context) => {
  const etc = await folder(context)
  await mkdir(`${etc}/pki/tls/certs`, { recursive: true })
  await mkdir(`${etc}/ssl`)
  await symlink('../pki/tls/certs', `${etc}/ssl/certs`)
  await trustAuthority(etc, authority)
  for (const name of ['ca-certificates.crt', 'ca-bundle.crt', 'hanshu.pem', `${hash}.0`])
    assert.match(await readFile(`${etc}/pki/tls/certs/${name}`, 'utf8'), /a certificate/)
})
