/** The public endpoint of queues: closed, and open to some addresses, by the control plane. */
import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { type Platform, startPlatform } from '../../platform.fixture.ts'
import { user } from '../identity/identity.fixture.ts'
import { call } from './control-plane.fixture.ts'
import { ask, mnsClient } from './queues.fixture.ts'

let platform: Platform
before(async () => {
  platform = await startPlatform({ sandbox: 'process' })
  await mnsClient(platform).createQueue('q')
})
after(async () => {
  assert.doesNotMatch(platform.log(), /a defect of ours/)
  await platform?.remove()
})

const asOwner = async (action: string, more: object = {}) =>
  (await call(platform, platform, action, { EndpointType: 'public', ...more })).Data
/** By an operation on the queue and by one on its messages, which goes another way through the listener. */
async function isLetIn(): Promise<boolean> {
  const told = await ask(platform, { method: 'GET', target: '/queues/q' })
  const peeked = await ask(platform, { method: 'GET', target: '/queues/q/messages?peekonly=true' })
  const isIn = told.status === 200
  assert.deepEqual(
    [told.code, peeked.code],
    isIn ? [undefined, 'MessageNotExist'] : ['AccessDenied', 'AccessDenied'],
  )
  return isIn
}

it('lets nobody in while it is closed, and the control plane opens it again', async () => {
  assert.ok(await isLetIn())
  assert.equal((await asOwner('GetEndpointAttribute')).EndpointEnabled, true)
  await asOwner('DisableEndpoint')
  assert.ok(!(await isLetIn()))
  await platform.kill()
  platform = await startPlatform({ sandbox: 'process', dataDir: platform.dataDir })
  assert.ok(!(await isLetIn()))
  assert.equal((await asOwner('GetEndpointAttribute')).EndpointEnabled, false)
  await asOwner('EnableEndpoint')
  assert.ok(await isLetIn())
})

it('lets in those who come from where they may', async () => {
  const listed = (...cidrs: string[]) => ({ AclStrategy: 'allow', CidrList: cidrs.join(',') })
  await asOwner('RevokeEndpointAcl', listed('0.0.0.0/0', '::/0'))
  assert.ok(!(await isLetIn()))
  await asOwner('AuthorizeEndpointAcl', listed('10.0.0.0/8'))
  assert.ok(!(await isLetIn()))
  await asOwner('AuthorizeEndpointAcl', listed('127.0.0.0/8'))
  assert.ok(await isLetIn())
  const { CidrList } = await asOwner('GetEndpointAttribute')
  const told = CidrList.map(({ Cidr, AclStrategy }: { Cidr: string; AclStrategy: string }) => [
    Cidr,
    AclStrategy,
  ])
  assert.deepEqual(told, [
    ['10.0.0.0/8', 'allow'],
    ['127.0.0.0/8', 'allow'],
  ])
  for (const more of [
    { EndpointType: 'inner' },
    listed('127.0.0.0/33'),
    { ...listed('::1'), AclStrategy: 'deny' },
  ])
    await assert.rejects(asOwner('AuthorizeEndpointAcl', { ...listed('::1'), ...more }), {
      code: 'InvalidArgument',
    })
  await assert.rejects(asOwner('AuthorizeEndpointAcl', { AclStrategy: 'allow' }), {
    code: 'MissingParameter',
  })
})

it('is changed by who may', async () => {
  const Action = ['mns:GetEndpointAttribute', 'mns:EnableEndpoint']
  const keys = await user(platform, 'mns-gate', [{ Effect: 'Allow', Action, Resource: '*' }])
  const asUser = (action: string) => call(platform, keys, action, { EndpointType: 'public' })
  assert.equal((await asUser('GetEndpointAttribute')).Code, 200)
  await asUser('EnableEndpoint')
  await assert.rejects(asUser('DisableEndpoint'), { code: 'AccessDenied' })
  assert.ok(await isLetIn())
})
