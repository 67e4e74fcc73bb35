/** Layers through the vendor's SDK, and what a function sees of them in /opt. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { createFunction, invoke, models, type Sdk, zipOf } from '../../clients.fixture.ts'
import {
  api,
  assertRefused,
  http,
  noIsolation,
  request,
  requestWith,
  sharedPlatform,
} from '../conformance.fixture.ts'

const bed = sharedPlatform()

async function publish(
  layerName: string,
  files: Parameters<typeof zipOf>[0],
  fields: object = {},
): Promise<Sdk> {
  const { body } = await bed.client.createLayerVersion(
    layerName,
    requestWith('CreateLayerVersion', {
      compatibleRuntime: ['nodejs20', 'python3.10', 'custom'],
      code: new models.InputCodeLocation({ zipFile: await zipOf(files) }),
      ...fields,
    }),
  )
  return body
}

describe('layers', () => {
  test('are published in versions, read, found by ARN, listed and deleted', async () => {
    const first = await publish('tools', { 'a.txt': 'one' }, { description: 'd', license: 'MIT' })
    const { region, accountId } = bed.platform
    assert.equal(first.version, 1)
    assert.equal(first.layerVersionArn, `acs:fc:${region}:${accountId}:layers/tools/versions/1`)
    assert.equal((await publish('tools', { 'a.txt': 'two' })).version, 2)

    const read = (await bed.client.getLayerVersion('tools', '1')).body
    assert.deepEqual(
      [read.layerName, read.description, read.license, read.compatibleRuntime, read.codeChecksum],
      ['tools', 'd', 'MIT', ['nodejs20', 'python3.10', 'custom'], first.codeChecksum],
    )
    const download = await http(read.code.location)
    assert.deepEqual([download.status, download.bytes.length], [200, read.codeSize])
    assert.equal((await bed.client.getLayerVersionByArn(first.layerVersionArn)).body.version, 1)

    await publish('other', { 'b.txt': '' })
    const list = async (fields: object = {}) =>
      (await bed.client.listLayers(request('ListLayers', fields))).body
    assert.deepEqual(
      (await list()).layers.map(({ layerName, version }: Sdk) => [layerName, version]),
      [
        ['other', 1],
        ['tools', 2],
      ],
    )
    const page = await list({ limit: 1 })
    assert.equal((await list({ limit: 1, nextToken: page.nextToken })).layers[0].layerName, 'tools')
    assert.equal((await list({ prefix: 'to' })).layers.length, 1)
    assert.deepEqual((await list({ official: 'true' })).layers, [])

    const versions = async (fields: object = {}) =>
      (await bed.client.listLayerVersions('tools', request('ListLayerVersions', fields))).body
    const one = await versions({ limit: 1, startVersion: 1 })
    assert.deepEqual([one.layers[0].version, one.nextVersion], [1, 2])
    assert.equal((await versions({ startVersion: 2 })).layers.length, 1)

    assert.equal((await bed.client.deleteLayerVersion('tools', '2')).statusCode, 204)
    await assertRefused(bed.client.getLayerVersion('tools', '2'), 404, 'LayerVersionNotFound')
    assert.equal((await list({ prefix: 'to' })).layers[0].version, 1)
    assert.equal((await publish('tools', { 'a.txt': '' })).version, 3)
  })

  test('are refused with the vendor’s codes', async () => {
    await assertRefused(publish('1st', { a: '' }), 400, 'InvalidArgument', /LayerName/)
    await assertRefused(publish('none', { a: '' }, { compatibleRuntime: [] }), 400, 'InvalidArgument')
    await assertRefused(publish('none', { a: '' }, { compatibleRuntime: ['cobol'] }), 400, 'InvalidArgument')
    await assertRefused(publish('none', {}, { code: undefined }), 400, 'InvalidArgument')
    await assertRefused(bed.client.getLayerVersion('none', '1'), 404, 'LayerVersionNotFound')
    await assertRefused(bed.client.getLayerVersion('none', 'x'), 404, 'LayerVersionNotFound')
    await assertRefused(bed.client.deleteLayerVersion('none', '1'), 404, 'LayerVersionNotFound')
    await assertRefused(bed.client.getLayerVersionByArn('acs:fc:nothing'), 400, 'InvalidArgument')
    const forPython = await publish('for-python', { a: '' }, { compatibleRuntime: ['python3.10'] })
    const using = (arn: string) =>
      createFunction(bed.client, { functionName: 'user', files: { 'index.js': '' }, layers: [arn] })
    await assertRefused(using(forPython.layerVersionArn), 400, 'InvalidArgument', /not compatible/)
    await assertRefused(using(`${forPython.layerVersionArn}9`), 404, 'LayerVersionNotFound')
  })

  test('are public while the account says so', async () => {
    const { layerVersionArn } = await publish('open', { 'a.txt': '' })
    const acl = async () => (await bed.client.getLayerVersionByArn(layerVersionArn)).body.acl
    const publicOnes = async () => {
      const { layers } = (await bed.client.listLayers(request('ListLayers', { public: 'true' }))).body
      return layers.map(({ layerName }: Sdk) => layerName)
    }
    const put = (name: string, fields: object) =>
      bed.client.putLayerACL(name, new models.PutLayerACLRequest(fields))
    assert.deepEqual([await acl(), await publicOnes()], ['0', []])
    assert.equal((await put('open', { acl: '1' })).statusCode, 204)
    assert.deepEqual([await acl(), await publicOnes()], ['1', ['open']])
    assert.equal((await publish('open', { 'a.txt': 'two' })).acl, '1')
    await put('open', { public: 'false' })
    assert.deepEqual([await acl(), await publicOnes()], ['0', []])
    await assertRefused(put('open', { acl: '2' }), 400, 'InvalidArgument', /acl/)
    await assertRefused(put('nowhere', { acl: '1' }), 404, 'LayerNotFound')
  })

  test('that was never published has no versions', async () => {
    const { body } = await bed.client.listLayerVersions('never', request('ListLayerVersions'))
    assert.deepEqual(body.layers, [])
  })
})

test("an official layer that the operator provides is used under the vendor's ARN", {
  skip: noIsolation,
}, async () => {
  const layerVersionArn = `acs:fc:${bed.platform.region}:official:layers/Nodejs20/versions/1`
  const using = () =>
    createFunction(bed.client, {
      functionName: 'by-the-vendor',
      layers: [layerVersionArn],
      files: {
        'index.js': `exports.handler = async () => require('node:fs').readFileSync('/opt/nodejs20/of', 'utf8')`,
      },
    })
  await assertRefused(using(), 404, 'LayerVersionNotFound', /official/)
  const body = JSON.stringify({
    code: { zipFile: await zipOf({ 'nodejs20/of': 'the vendor' }) },
    compatibleRuntime: ['nodejs20'],
  })
  const path = '/hanshu/official-layers/Nodejs20/versions/1'
  const headers = { 'content-type': 'application/json' }
  const provided = await api(bed.platform, 'PUT', path, { body, headers })
  assert.equal(provided.status, 200, provided.text)
  await using()
  assert.equal((await invoke(bed.client, 'by-the-vendor')).body, 'the vendor')
  const listed = (await bed.client.listLayers(request('ListLayers', { official: 'true' }))).body.layers
  assert.deepEqual(
    listed.map((layer: Sdk) => layer.layerVersionArn),
    [layerVersionArn],
  )
  assert.equal((await bed.client.getLayerVersionByArn(layerVersionArn)).body.layerName, 'Nodejs20')
})

describe('a function with layers', { skip: noIsolation }, () => {
  let layers: string[] = []
  before(async () => {
    const first = await publish('first', {
      'shared.txt': 'of the first',
      'nodejs/node_modules/greet/index.js': 'module.exports = () => "hi from a layer"',
      'python/greet.py': 'def greet():\n  return "hi from a layer"\n',
      'bin/tool': { content: '#!/bin/sh\necho a tool of a layer\n', mode: 0o100755 },
    })
    const second = await publish('second', {
      'shared.txt': 'of the second',
      'second.txt': 'only of the second',
      'bin/other': { content: '#!/bin/sh\necho other', mode: 0o100755 },
    })
    layers = [first.layerVersionArn, second.layerVersionArn]
  })

  test('sees them merged in /opt, the first named before the others, and finds their modules', async () => {
    const { body } = await createFunction(bed.client, {
      functionName: 'layered',
      layers,
      files: {
        'index.js': `const fs = require('node:fs')
          const { execFileSync } = require('node:child_process')
          exports.handler = async () => ({
            shared: fs.readFileSync('/opt/shared.txt', 'utf8'),
            second: fs.readFileSync('/opt/second.txt', 'utf8'),
            greet: require('greet')(),
            tool: execFileSync('tool').toString(),
            bin: fs.readdirSync('/opt/bin').sort(),
            written: (() => { try { fs.writeFileSync('/opt/x', ''); return 'written' } catch ({ code }) { return code } })(),
          })`,
      },
    })
    assert.deepEqual(
      body.layers.map(({ arn }: Sdk) => arn),
      layers,
    )
    assert.deepEqual(JSON.parse((await invoke(bed.client, 'layered')).body), {
      shared: 'of the first',
      second: 'only of the second',
      greet: 'hi from a layer',
      tool: 'a tool of a layer\n',
      bin: ['other', 'tool'],
      written: 'EROFS',
    })
  })

  test('in the other order sees the other file', async () => {
    await createFunction(bed.client, {
      functionName: 'reversed',
      layers: layers.toReversed(),
      files: {
        'index.js': `exports.handler = async () => require('node:fs').readFileSync('/opt/shared.txt', 'utf8')`,
      },
    })
    assert.equal((await invoke(bed.client, 'reversed')).body, 'of the second')
  })

  test('in Python finds their packages, also after the layer was deleted', async () => {
    await createFunction(bed.client, {
      functionName: 'layered-python',
      runtime: 'python3.10',
      layers: layers.slice(0, 1),
      files: { 'index.py': 'from greet import greet\ndef handler(event, context):\n  return greet()\n' },
    })
    await bed.client.deleteLayerVersion('first', '1')
    assert.equal((await invoke(bed.client, 'layered-python')).body, 'hi from a layer')
  })
})
