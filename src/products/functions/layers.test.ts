import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { accountId, crc64Of, region, startTestbed, type Testbed, zipOf } from './testbed.fixture.ts'

describe('layers over the wire', () => {
  let bed: Testbed
  before(async () => {
    bed = await startTestbed()
  })
  after(() => bed.close())

  const publish = (layerName: string, differs: object = {}) =>
    bed.call('POST', `/2023-03-30/layers/${layerName}/versions`, {
      code: { zipFile: zipOf(layerName).toString('base64') },
      compatibleRuntime: ['nodejs20'],
      ...differs,
    })
  const arnOf = (layerName: string, version: number) =>
    `acs:fc:${region}:${accountId}:layers/${layerName}/versions/${version}`

  test('a layer version is created and read, by name and by ARN, and its link gives the package', async () => {
    const { status, json } = await publish('tools', { description: 'first', license: 'MIT' })
    assert.equal(status, 200)
    const { code, ...rest } = json
    assert.deepEqual(rest, {
      layerName: 'tools',
      version: 1,
      layerVersionArn: arnOf('tools', 1),
      description: 'first',
      license: 'MIT',
      compatibleRuntime: ['nodejs20'],
      acl: '0',
      createTime: '2026-01-01T00:00:00Z',
      codeSize: zipOf('tools').length,
      codeChecksum: crc64Of(zipOf('tools')),
    })
    assert.equal(code.repositoryType, 'OSS')
    const got = await fetch(code.location)
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), zipOf('tools'))
    assert.deepEqual((await bed.call('GET', '/2023-03-30/layers/tools/versions/1')).json, json)
    const arn = arnOf('tools', 1)
    assert.deepEqual((await bed.call('GET', `/2023-03-30/layerarn/${encodeURIComponent(arn)}`)).json, json)
    assert.deepEqual((await bed.call('GET', `/2023-03-30/layerarn/${arn}`)).json, json)
    for (const path of ['layers/tools/versions/2', 'layers/tools/versions/1e0', 'layers/none/versions/1']) {
      const missing = await bed.call('GET', `/2023-03-30/${path}`)
      assert.deepEqual([missing.status, missing.json.Code], [404, 'LayerVersionNotFound'], path)
    }
  })

  test('versions are numbered on and on, and listed from where one wants', async () => {
    for (let version = 1; version <= 3; version++) {
      assert.equal((await publish('many')).json.version, version)
    }
    const list = async (query: string) => {
      const { json } = await bed.call('GET', `/2023-03-30/layers/many/versions?${query}`)
      return [json.layers.map((layer: { version: number }) => layer.version), json.nextVersion]
    }
    assert.deepEqual(await list('limit=100&startVersion=1'), [[1, 2, 3], undefined])
    assert.deepEqual(await list('limit=2'), [[1, 2], 3])
    assert.deepEqual(await list('limit=2&startVersion=3'), [[3], undefined])
    assert.equal((await bed.call('DELETE', '/2023-03-30/layers/many/versions/3')).status, 204)
    assert.equal((await bed.call('DELETE', '/2023-03-30/layers/many/versions/3')).status, 404)
    assert.equal((await publish('many')).json.version, 4)
    assert.deepEqual(await list(''), [[1, 2, 4], undefined])
    // The first version of a layer is published by a client that asks for its versions before.
    assert.deepEqual((await bed.call('GET', '/2023-03-30/layers/none/versions')).json, { layers: [] })
    const race = await Promise.all(Array.from({ length: 5 }, () => publish('raced')))
    assert.deepEqual(race.map(({ json }) => json.version).sort(), [1, 2, 3, 4, 5])
  })

  test('layers are listed by their newest version', async () => {
    const own = await startTestbed()
    try {
      for (const layerName of ['b', 'a', 'b', 'c']) {
        await own.call('POST', `/2023-03-30/layers/${layerName}/versions`, {
          code: { zipFile: zipOf(layerName).toString('base64') },
          compatibleRuntime: ['java11'],
        })
      }
      const list = async (query = '') => {
        const { json } = await own.call('GET', `/2023-03-30/layers${query}`)
        return json.layers.map(
          (layer: { layerName: string; version: number }) => `${layer.layerName}${layer.version}`,
        )
      }
      assert.deepEqual(await list(), ['a1', 'b2', 'c1'])
      assert.deepEqual(await list('?prefix=b'), ['b2'])
      assert.deepEqual(await list('?official=true'), [])
      await own.call('DELETE', '/2023-03-30/layers/b/versions/2')
      assert.deepEqual(await list(), ['a1', 'b1', 'c1'])
      await own.call('DELETE', '/2023-03-30/layers/b/versions/1')
      assert.deepEqual(await list(), ['a1', 'c1'])
    } finally {
      await own.close()
    }
  })

  test('a layer is made public and private again, in all its versions and those to come', async () => {
    const put = async (query: string, layerName = 'shared') => {
      const { status, json } = await bed.call('PUT', `/2023-03-30/layers/${layerName}/acl?${query}`)
      return json ? [status, json.Code] : status
    }
    const acls = async () => {
      const { json } = await bed.call('GET', '/2023-03-30/layers/shared/versions')
      return json.layers.map(({ acl }: { acl: string }) => acl)
    }
    const publicNames = async () => {
      const { json } = await bed.call('GET', '/2023-03-30/layers?public=true')
      return json.layers.map(({ layerName }: { layerName: string }) => layerName)
    }
    assert.deepEqual(await put('acl=1'), [404, 'LayerNotFound'])
    await publish('shared')
    await publish('kept-private')
    assert.deepEqual([await acls(), await publicNames()], [['0'], []])
    assert.equal(await put('acl=1'), 204)
    assert.equal((await publish('shared')).json.acl, '1')
    assert.deepEqual([await acls(), await publicNames()], [['1', '1'], ['shared']])
    assert.equal((await bed.call('GET', '/2023-03-30/layers/shared/versions/1')).json.acl, '1')
    assert.equal((await bed.call('GET', `/2023-03-30/layerarn/${arnOf('shared', 2)}`)).json.acl, '1')

    // The older name; and who says nothing asks for what is private.
    for (const [query, acl] of [
      ['public=false', '0'],
      ['public=true', '1'],
      ['acl=0&public=false', '0'],
      ['acl=1&public=true', '1'],
      ['', '0'],
    ] as const) {
      assert.deepEqual([await put(query), await acls()], [204, [acl, acl]], query)
    }
    for (const query of ['acl=2', 'acl=true', 'public=1', 'acl=1&public=false', 'acl=0&public=true'])
      assert.deepEqual(await put(query), [400, 'InvalidArgument'], query)
    assert.deepEqual(await acls(), ['0', '0'])

    await put('acl=1')
    for (const version of [1, 2]) await bed.call('DELETE', `/2023-03-30/layers/shared/versions/${version}`)
    assert.deepEqual([await put('acl=1'), await publicNames()], [[404, 'LayerNotFound'], []])
    assert.equal((await publish('shared')).json.acl, '0')
  })

  test('a function uses layers that are for its runtime, in its order, and keeps them when they are deleted', async () => {
    const [first, second] = [(await publish('lib1')).json, (await publish('lib2')).json]
    const layers = [second.layerVersionArn, first.layerVersionArn]
    const { json } = await bed.createFunction('layered', { layers })
    assert.deepEqual(json.layers, [
      { arn: second.layerVersionArn, size: second.codeSize },
      { arn: first.layerVersionArn, size: first.codeSize },
    ])
    await bed.call('DELETE', '/2023-03-30/layers/lib1/versions/1')
    const kept = await bed.call('PUT', '/2023-03-30/functions/layered', { timeout: 9 })
    assert.deepEqual(kept.json.layers, json.layers)
    const found = await bed.directory.resolve(accountId, 'layered', 'LATEST')
    assert.deepEqual(found.outcome === 'found' && found.revision.layers.map(({ crc64 }) => crc64), [
      second.codeChecksum,
      first.codeChecksum,
    ])
    const again = await bed.call('PUT', '/2023-03-30/functions/layered', { layers })
    assert.deepEqual([again.status, again.json.Code], [404, 'LayerVersionNotFound'])
    const other = await bed.createFunction('python', { runtime: 'python3.10', layers: [layers[0]] })
    assert.deepEqual([other.status, other.json.Code], [400, 'InvalidArgument'])
    assert.match(other.json.Message, /not compatible/)
    const twice = await bed.createFunction('twice', { layers: [layers[0], layers[0]] })
    assert.equal(twice.json.Code, 'InvalidArgument')
    assert.deepEqual((await bed.call('PUT', '/2023-03-30/functions/layered', { layers: [] })).json.layers, [])
  })

  test('a layer version that could not be right is refused', async () => {
    for (const [name, differs] of [
      ['1x', {}],
      ['x', { compatibleRuntime: [] }],
      ['x', { compatibleRuntime: ['cobol'] }],
      ['x', { code: undefined }],
      ['x', { code: { zipFile: 'AAAA' } }],
      ['x', { description: 'x'.repeat(257) }],
    ] as const) {
      const { status, json } = await publish(name, differs)
      assert.deepEqual([status, json.Code], [400, 'InvalidArgument'], JSON.stringify(differs).slice(0, 80))
    }
  })

  test('the operator provides official layers, which functions name by the ARN of the vendor', async () => {
    const arn = (version: number) => `acs:fc:${region}:official:layers/Nodejs20/versions/${version}`
    const provide = (version: string, comment: string, differs: object = {}) =>
      bed.call('PUT', `/hanshu/official-layers/Nodejs20/versions/${version}`, {
        code: { zipFile: zipOf(comment).toString('base64') },
        compatibleRuntime: ['nodejs20', 'custom.debian12'],
        ...differs,
      })
    const use = (name: string, version: number) => bed.createFunction(name, { layers: [arn(version)] })
    assert.equal((await use('too-early', 7)).json.Code, 'LayerVersionNotFound')
    const first = await provide('7', 'seven')
    assert.deepEqual(
      [first.status, first.json.layerVersionArn, first.json.version, first.json.acl],
      [200, arn(7), 7, '1'],
    )
    assert.equal((await provide('2', 'two')).status, 200)
    const read = await bed.call('GET', `/2023-03-30/layerarn/${encodeURIComponent(arn(7))}`)
    assert.deepEqual(read.json, first.json)
    const list = async (query: string) =>
      (await bed.call('GET', `/2023-03-30/layers?${query}`)).json.layers.map(
        ({ layerVersionArn }: { layerVersionArn: string }) => layerVersionArn,
      )
    assert.deepEqual(await list('official=true'), [arn(7)])
    assert.deepEqual(await list('official=true&prefix=X'), [])
    assert.deepEqual(await list('official=true&public=true'), [arn(7)])
    assert.deepEqual(await list('prefix=Nodejs20'), [])
    // It is nobody's own: neither read nor deleted by its name.
    for (const method of ['GET', 'DELETE']) {
      const own = await bed.call(method, '/2023-03-30/layers/Nodejs20/versions/7')
      assert.deepEqual([own.status, own.json.Code], [404, 'LayerVersionNotFound'])
    }
    const using = await use('using', 7)
    assert.deepEqual(using.json.layers, [{ arn: arn(7), size: zipOf('seven').length }])

    await provide('7', 'another seven')
    const found = await bed.directory.resolve(accountId, 'using', 'LATEST')
    assert.ok(found.outcome === 'found')
    assert.deepEqual(
      found.revision.layers.map(({ crc64 }) => crc64),
      [crc64Of(zipOf('seven'))],
    )
    assert.equal((await use('later', 7)).json.layers[0].size, zipOf('another seven').length)
    assert.equal((await bed.call('DELETE', '/hanshu/official-layers/Nodejs20/versions/7')).status, 204)
    assert.deepEqual(await list('official=true'), [arn(2)])
    for (const [version, differs] of [
      ['0', {}],
      ['x', {}],
      ['1', { compatibleRuntime: [] }],
    ] as const) {
      const refused = await provide(version, 'x', differs)
      assert.deepEqual([refused.status, refused.json.Code], [400, 'InvalidArgument'], version)
    }
  })
})
