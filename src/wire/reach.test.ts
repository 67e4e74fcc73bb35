import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { createServer, request } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { describe, it } from 'node:test'
import { credentialOf, isWithin, lookupWithin, NotPublicAddress, reachUnder } from './reach.ts'

const standsFor =
  (...addresses: string[]): LookupFunction =>
  (_, { all }, callback) => {
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    if (all) callback(null, found)
    else callback(null, found[0]!.address, found[0]!.family)
  }

const lookedUp = (resolve: LookupFunction, all: boolean): Promise<string | LookupAddress[]> =>
  new Promise((done, fail) =>
    lookupWithin('public', resolve).lookup('a.example', { all }, (error, found) =>
      error ? fail(error) : done(found),
    ),
  )

describe('who has the platform call a URL', () => {
  it('reaches what is not public by a key, and not by temporary credentials, as the setting says', () => {
    const roleArn = 'acs:ram::1:role/r'
    assert.equal(credentialOf({ is: 'account' }), 'key')
    assert.equal(credentialOf({ is: 'user', userName: 'ann', userId: '21' }), 'key')
    assert.equal(credentialOf({ is: 'role', roleName: 'r', roleId: '3', sessionName: 's' }), 'session')
    assert.equal(credentialOf({ is: 'unknownRole', roleArn, sessionName: 's' }), 'session')
    assert.equal(credentialOf(undefined), 'session')
    const reaches = (['keys', 'everybody', 'nobody'] as const).map((setting) => {
      const reachOf = reachUnder(setting)
      return [reachOf('key'), reachOf('session')]
    })
    assert.deepEqual(reaches, [
      ['anywhere', 'public'],
      ['anywhere', 'anywhere'],
      ['public', 'public'],
    ])
  })

  it('is held to it by addresses in URLs, in whichever form they are written', () => {
    for (const host of [
      ...['127.0.0.1', '127.1', '0x7f000001', '2130706433', '0177.0.0.1', '127.0.0.1.', '①②⑦.0.0.1'],
      ...['[::1]', '[::ffff:127.0.0.1]', '[fd00::1]', '169.254.169.254', '10.0.0.1'],
    ]) {
      assert.equal(isWithin('public', new URL(`http://${host}:80/`)), false, host)
      assert.equal(isWithin('anywhere', new URL(`http://${host}:80/`)), true, host)
    }
    for (const host of ['1.1.1.1', '[2400:3200::1]', 'a.example'])
      assert.equal(isWithin('public', new URL(`http://${host}/`)), true, host)
  })

  it('is held to it by what names stand for: every address of them', async () => {
    assert.equal(await lookedUp(standsFor('1.1.1.1'), false), '1.1.1.1')
    assert.equal((await lookedUp(standsFor('1.1.1.1', '2400:3200::1'), true)).length, 2)
    for (const addresses of [['127.0.0.1'], ['1.1.1.1', '127.0.0.1'], ['1.1.1.1', '::1'], []])
      await assert.rejects(lookedUp(standsFor(...addresses), true), NotPublicAddress)
    await assert.rejects(lookedUp(standsFor('10.0.0.1'), false), NotPublicAddress)
    const unknown: LookupFunction = (_, __, callback) => callback(new Error('no such name'), '')
    await assert.rejects(lookedUp(unknown, true), /no such name/)
  })

  it('gets no connection to a name that has come to stand for another address', async () => {
    let calls = 0
    const server = createServer((_, response) => {
      calls++
      response.end()
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const called = (lookup: LookupFunction) =>
      new Promise<string>((done) => {
        const sent = request({ host: 'a.example', port, lookup, agent: false }, () => done('answered'))
        sent.once('error', (error) => done(error.name)).end()
      })
    try {
      const resolve = standsFor('127.0.0.1')
      assert.equal(await called(lookupWithin('public', resolve).lookup), 'NotPublicAddress')
      assert.equal(calls, 0)
      assert.equal(await called(lookupWithin('anywhere', resolve).lookup), 'answered')
      assert.equal(calls, 1)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
