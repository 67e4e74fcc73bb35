import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Arguments } from './command.ts'
import { findConnection } from './connection.ts'
import { CommandFailed, UsageError } from './errors.ts'
import { scriptedTerminal } from './testing/scripted-terminal.ts'
import { session } from './testing/session.ts'

const ready = {
  pid: 1,
  accountId: '1234567890123456',
  region: 'cn-beijing',
  accessKeyId: 'file-id',
  accessKeySecret: 'file-secret',
  endpoints: { fc: 'http://127.0.0.1:9000', edge: 'http://127.0.0.1:9080', oss: 'http://127.0.0.1:9001' },
}

const args = (flags: Arguments['flags'] = {}): Arguments => ({ positionals: [], flags })

test('the ready file of the data folder gives endpoint, key, region and account', async (t) => {
  const { folder, write } = await session(t)
  await write('data/ready.json', JSON.stringify(ready))
  const connection = await findConnection(args({ data: 'data' }), scriptedTerminal({ workingDir: folder }))
  assert.equal(connection.endpoint.href, 'http://127.0.0.1:9000/')
  assert.deepEqual(connection.credentials, { accessKeyId: 'file-id', accessKeySecret: 'file-secret' })
  assert.equal(connection.region, 'cn-beijing')
  assert.equal(connection.accountId, '1234567890123456')
  assert.equal(connection.endpoints.oss, 'http://127.0.0.1:9001')
})

test('flags win over the environment, and the environment over the ready file', async (t) => {
  const { folder, write } = await session(t)
  await write('data/ready.json', JSON.stringify(ready))
  const environment = {
    HANSHU_DATA: join(folder, 'data'),
    HANSHU_ENDPOINT: 'http://127.0.0.1:1',
    HANSHU_REGION: 'cn-shanghai',
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'cloud-id',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'cloud-secret',
    ALIBABA_CLOUD_SECURITY_TOKEN: 'token',
  }
  const fromEnvironment = await findConnection(args(), scriptedTerminal({ environment }))
  assert.equal(fromEnvironment.endpoint.port, '1')
  assert.equal(fromEnvironment.region, 'cn-shanghai')
  assert.deepEqual(fromEnvironment.credentials, {
    accessKeyId: 'cloud-id',
    accessKeySecret: 'cloud-secret',
    securityToken: 'token',
  })
  // Another platform's Object Storage is not the one in the file.
  assert.deepEqual(fromEnvironment.endpoints, {})

  const own = { ...environment, HANSHU_ACCESS_KEY_ID: 'own-id', HANSHU_ACCESS_KEY_SECRET: 'own-secret' }
  const flags = args({ endpoint: '127.0.0.1:2', region: 'cn-hangzhou' })
  const fromFlags = await findConnection(flags, scriptedTerminal({ environment: own }))
  assert.equal(fromFlags.endpoint.href, 'http://127.0.0.1:2/')
  assert.equal(fromFlags.region, 'cn-hangzhou')
  assert.equal(fromFlags.credentials.accessKeyId, 'own-id')
})

test('a ready file that is cut off or of another kind is refused, not guessed at', async (t) => {
  const { folder, write } = await session(t)
  for (const content of [JSON.stringify(ready).slice(0, 50), '{}', '[]']) {
    await write('data/ready.json', content)
    await assert.rejects(
      findConnection(args({ data: 'data' }), scriptedTerminal({ workingDir: folder })),
      (error) => error instanceof CommandFailed && /is not the ready file of a platform/.test(error.message),
    )
  }
})

test('no key, no platform, no URL: each says what to do', async () => {
  const environment = { HANSHU_DATA: '/no/such/folder' }
  const terminal = scriptedTerminal({ environment })
  await assert.rejects(
    findConnection(args(), terminal),
    /The platform is not running.*\nStart it with: hanshu up/,
  )
  await assert.rejects(
    findConnection(args({ endpoint: 'http://a' }), terminal),
    /There is no access key for http:\/\/a/,
  )
  const withKey = { ...environment, HANSHU_ACCESS_KEY_ID: 'a', HANSHU_ACCESS_KEY_SECRET: 'b' }
  await assert.rejects(
    findConnection(args({ endpoint: 'ftp://a' }), scriptedTerminal({ environment: withKey })),
    UsageError,
  )
})
