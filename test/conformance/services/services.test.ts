/** Services and their tags, through `@alicloud/fc2`. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { request } from '../conformance.fixture.ts'
import { createIn, refused, saying, sharedServices } from './services.fixture.ts'

const bed = sharedServices()
const names = ({ data }: Sdk): string[] => data.services.map(({ serviceName }: Sdk) => serviceName)

describe('services', () => {
  test('are created with the vendor’s empty forms, read, changed and deleted', async () => {
    const { fc2 } = bed
    const created = await fc2.createService('crud')
    assert.match(created.headers.etag, /^[0-9a-f]{32}$/)
    const { serviceId, createdTime, lastModifiedTime, ...rest } = created.data
    assert.ok(serviceId && createdTime && lastModifiedTime)
    assert.deepEqual(rest, {
      serviceName: 'crud',
      description: '',
      role: '',
      internetAccess: true,
      logConfig: {
        project: '',
        logstore: '',
        enableRequestMetrics: false,
        enableInstanceMetrics: false,
        logBeginRule: 'None',
      },
      vpcConfig: { vpcId: '', vSwitchIds: [], securityGroupId: '', role: '' },
      nasConfig: { userId: -1, groupId: -1, mountPoints: [] },
      ossMountConfig: { mountPoints: [] },
      tracingConfig: { type: null, params: null },
      tags: {},
    })
    assert.deepEqual((await fc2.getService('crud')).data, created.data)
    assert.deepEqual((await fc2.getService('crud', {}, 'LATEST')).data, created.data)

    const updated = await fc2.updateService('crud', {
      description: 'changed',
      tracingConfig: { type: 'Jaeger', params: { endpoint: 'http://jaeger' } },
    })
    assert.equal(updated.data.description, 'changed')
    assert.equal(updated.data.tracingConfig.params.endpoint, 'http://jaeger')
    const cleared = await fc2.updateService('crud', { tracingConfig: {} })
    assert.deepEqual(cleared.data.tracingConfig, { type: null, params: null })
    assert.equal(cleared.data.description, 'changed')

    const deleted = await fc2.deleteService('crud')
    assert.equal(deleted.data, '')
    await refused(fc2.getService('crud'), 404, 'ServiceNotFound', /^service 'crud' does not exist$/)
    await refused(fc2.deleteService('crud'), 404, 'ServiceNotFound')
  })

  test('are changed only by who knows their state, when that is asked for', async () => {
    const { fc2 } = bed
    const { headers } = await fc2.createService('matched')
    await refused(
      fc2.updateService('matched', { description: 'x' }, { 'if-match': 'invalid' }),
      412,
      'PreconditionFailed',
    )
    const updated = await fc2.updateService('matched', { description: 'y' }, { 'if-match': headers.etag })
    assert.notEqual(updated.headers.etag, headers.etag)
    // The SDK hands the options of deleteService over as headers, in a place where nobody looks.
    await refused(
      fc2.request('DELETE', '/services/matched', null, null, { 'if-match': headers.etag }),
      412,
      'PreconditionFailed',
    )
    await fc2.request('DELETE', '/services/matched', null, null, { 'if-match': updated.headers.etag })
  })

  test('are listed by name, by prefix, from a key and in pages', async () => {
    const { fc2 } = bed
    for (const name of ['list_abc', 'list_abd', 'list_ade', 'list_bcd', 'list_bde', 'list_zzz']) {
      await fc2.createService(name)
    }
    const prefix = 'list_'
    assert.deepEqual(names(await fc2.listServices({ prefix: 'list_a' })), [
      'list_abc',
      'list_abd',
      'list_ade',
    ])
    const first = await fc2.listServices({ limit: 2, prefix, startKey: 'list_b' })
    assert.deepEqual(names(first), ['list_bcd', 'list_bde'])
    const { nextToken } = first.data
    // Once there is a token, the key says nothing.
    const rest = await fc2.listServices({ limit: 2, prefix, startKey: 'list_a', nextToken })
    assert.deepEqual([names(rest), rest.data.nextToken], [['list_zzz'], undefined])
    assert.deepEqual(names(await fc2.listServices({ prefix: 'list_x', nextToken })), [])
    assert.deepEqual(names(await fc2.listServices({ prefix: 'list_ab', startKey: 'list_abd' })), ['list_abd'])
    await refused(fc2.listServices({ limit: 101 }), 400, 'InvalidArgument', /limit/)
    await refused(fc2.listServices({ nextToken: '!' }), 400, 'InvalidArgument', /nextToken/)
  })

  test('are refused in the vendor’s words', async () => {
    const { fc2 } = bed
    await fc2.createService('taken')
    await refused(fc2.createService('taken'), 409, 'ServiceAlreadyExists', /^service 'taken' already exists$/)
    await refused(fc2.createService('9lives'), 400, 'InvalidArgument', /ServiceName/)
    await refused(fc2.createService('a$b'), 400, 'InvalidArgument', /ServiceName/)
    await refused(fc2.createService('x', { role: 'nobody' }), 400, 'InvalidArgument', /Role/)
    await refused(fc2.createService('x', { internetAccess: 'yes' }), 400, 'InvalidArgument', /internetAccess/)
    await refused(
      fc2.createService('x', { vpcConfig: { vpcId: 'vpc-1' } }),
      501,
      'NotImplemented',
      /vpcConfig/,
    )
    await refused(fc2.createService('x', { what: 'else' }), 501, 'NotImplemented', /'what'/)
    await createIn(fc2, 'taken', 'f', saying('x'))
    await refused(fc2.deleteService('taken'), 409, 'ServiceNotEmpty', /functions/)
    await refused(fc2.updateService('taken.1', {}), 400, 'InvalidArgument', /cannot be changed/)
  })

  test('tell their functions what role, logs and network they have', async () => {
    const { fc2, client } = bed
    const role = `acs:ram::${bed.platform.accountId}:role/r`
    await fc2.createService('settings', { role, logConfig: { project: 'p', logstore: 'l' } })
    const report = `exports.handler = (event, context, callback) => callback(null, {
      key: context.credentials.accessKeyId !== '', log: context.service.logProject + context.service.logStore })`
    await createIn(fc2, 'settings', 'f', { 'index.js': report })
    const asked = async () => JSON.parse((await fc2.invokeFunction('settings', 'f', '')).data)
    assert.deepEqual(await asked(), { key: true, log: 'pl' })
    const before = (await fc2.getFunction('settings', 'f')).data
    await fc2.updateService('settings', { role: '', logConfig: { project: 'q', logstore: '' } })
    assert.deepEqual(await asked(), { key: false, log: 'q' })
    // The function itself was not modified.
    assert.deepEqual((await fc2.getFunction('settings', 'f')).data, before)
    const seen = await client.getFunction('settings$f', request('GetFunction'))
    assert.equal(seen.body.logConfig.project, 'q')
  })
})

describe('tags', () => {
  test('are put on services, found by them and taken away', async () => {
    const { fc2, platform } = bed
    await fc2.createService('tagged')
    const arn = `acs:fc:${platform.region}:${platform.accountId}:services/tagged`
    assert.equal((await fc2.tagResource('services/tagged', { k1: 'v1', k2: 'v2' })).data, '')
    await fc2.tagResource(arn, { k3: '' })
    const read = async () => (await fc2.getResourceTags({ resourceArn: 'services/tagged' })).data
    assert.deepEqual(await read(), { resourceArn: arn, tags: { k1: 'v1', k2: 'v2', k3: '' } })
    assert.deepEqual(names(await fc2.listServices({ tags: { k1: 'v1', k2: 'v2' } })), ['tagged'])
    assert.deepEqual(names(await fc2.listServices({ tags: { k1: 'v2' } })), [])
    assert.deepEqual(names(await fc2.listServices({ tags: { toString: 'x' } })), [])

    await fc2.untagResource('services/tagged', ['k1'])
    assert.deepEqual((await read()).tags, { k2: 'v2', k3: '' })
    await fc2.untagResource('services/tagged', [], true)
    assert.deepEqual((await read()).tags, {})

    await refused(fc2.tagResource('services/absent', { k: 'v' }), 404, 'ServiceNotFound')
    await refused(fc2.tagResource('services/tagged', {}), 400, 'InvalidArgument', /tags/)
    await refused(fc2.untagResource('services/tagged', []), 400, 'InvalidArgument', /tagKeys/)
    await refused(fc2.tagResource('services/tagged/functions/f', { k: 'v' }), 501, 'NotImplemented')
    await refused(fc2.tagResource('acs:fc:elsewhere:1:services/tagged', { k: 'v' }), 400, 'InvalidArgument')
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`t${index}`, '']))
    await refused(fc2.tagResource('services/tagged', many), 400, 'InvalidArgument', /20/)
  })
})
