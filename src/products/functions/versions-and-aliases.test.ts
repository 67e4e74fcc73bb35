import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { crc64Of, interleavingRecordStore, startTestbed, type Testbed, zipOf } from './testbed.fixture.ts'

describe('versions and aliases over the wire', () => {
  let bed: Testbed
  before(async () => {
    bed = await startTestbed()
  })
  after(() => bed.close())

  /** A function with `count` published versions, each with its own description. */
  async function published(functionName: string, count: number): Promise<string> {
    const path = `/2023-03-30/functions/${functionName}`
    await bed.createFunction(functionName)
    for (let number = 1; number <= count; number++) {
      await bed.call('PUT', path, { description: `state ${number}` })
      const { json } = await bed.call('POST', `${path}/versions`, { description: `version ${number}` })
      assert.equal(json.versionId, String(number))
    }
    return path
  }

  test('a version keeps configuration and code as they were', async () => {
    const path = await published('snapshot', 1)
    const zip = zipOf('newer')
    await bed.call('PUT', path, { timeout: 60, code: { zipFile: zip.toString('base64') } })
    const version = await bed.call('GET', `${path}?qualifier=1`)
    assert.deepEqual([version.json.timeout, version.json.description], [3, 'state 1'])
    assert.equal(version.json.codeChecksum, crc64Of(zipOf('snapshot')))
    const code = await bed.call('GET', `${path}/code?qualifier=1`)
    assert.equal(code.json.checksum, crc64Of(zipOf('snapshot')))
    assert.equal((await bed.call('GET', `${path}?qualifier=LATEST`)).json.timeout, 60)
    assert.equal((await bed.call('GET', `${path}?qualifier=2`)).json.Code, 'VersionNotFound')
    assert.equal((await bed.call('GET', `${path}?qualifier=nobody`)).json.Code, 'AliasNotFound')
  })

  test('what did not change is not published again', async () => {
    const path = await published('unchanged', 1)
    const { status, json } = await bed.call('POST', `${path}/versions`, {})
    assert.deepEqual([status, json.Code], [409, 'VersionPublishError'])
    assert.match(json.Message, /No changes were made since last publish/)
    await bed.call('PUT', `${path}/concurrency`, { reservedConcurrency: 1 })
    assert.equal((await bed.call('POST', `${path}/versions`, {})).json.Code, 'VersionPublishError')
    await bed.call('PUT', path, { timeout: 9 })
    assert.equal((await bed.call('POST', `${path}/versions`)).json.versionId, '2')
  })

  test('a number is never given twice, even when its version is deleted', async () => {
    const path = await published('numbers', 2)
    assert.equal((await bed.call('DELETE', `${path}/versions/2`)).status, 204)
    assert.equal((await bed.call('DELETE', `${path}/versions/2`)).json.Code, 'VersionNotFound')
    // The version that held this state is gone, so it may be published again.
    assert.equal((await bed.call('POST', `${path}/versions`, {})).json.versionId, '3')
    const { json } = await bed.call('GET', `${path}/versions`)
    assert.deepEqual(
      json.versions.map((version: { versionId: string }) => version.versionId),
      ['3', '1'],
    )
  })

  test('versions that are published at once get different numbers', async () => {
    const path = await published('raced', 0)
    const race = await Promise.all(
      Array.from({ length: 6 }, async () => {
        await bed.call('PUT', path, { timeout: 4 })
        return (await bed.call('POST', `${path}/versions`, {})).json
      }),
    )
    const numbers = race.map(({ versionId }) => versionId).filter(Boolean)
    assert.ok(numbers.length >= 1)
    assert.equal(new Set(numbers).size, numbers.length)
  })

  test('versions are listed from either end, page by page, over gaps', async () => {
    const path = await published('listed', 7)
    for (const version of [2, 5]) await bed.call('DELETE', `${path}/versions/${version}`)
    const walk = async (direction: string): Promise<string[][]> => {
      const pages: string[][] = []
      let token: string | undefined
      do {
        const query = `limit=2&direction=${direction}${token ? `&nextToken=${token}` : ''}`
        const { json } = await bed.call('GET', `${path}/versions?${query}`)
        assert.equal(json.direction, direction)
        pages.push(json.versions.map((version: { versionId: string }) => version.versionId))
        token = json.nextToken
      } while (token)
      return pages
    }
    assert.deepEqual(await walk('BACKWARD'), [['7', '6'], ['4', '3'], ['1']])
    assert.deepEqual(await walk('FORWARD'), [['1', '3'], ['4', '6'], ['7']])
    assert.equal((await bed.call('GET', `${path}/versions?direction=UP`)).json.Code, 'InvalidArgument')
    assert.equal((await bed.call('GET', `${path}/versions?nextToken=x`)).json.Code, 'InvalidArgument')
  })

  test('an alias is created, read, changed, listed and deleted', async () => {
    const path = await published('aliased', 2)
    const created = await bed.call('POST', `${path}/aliases`, {
      aliasName: 'prod',
      versionId: '1',
      description: 'for customers',
      additionalVersionWeight: { 2: 0.2 },
    })
    assert.equal(created.status, 200)
    assert.deepEqual(created.json, {
      aliasName: 'prod',
      versionId: '1',
      description: 'for customers',
      additionalVersionWeight: { 2: 0.2 },
      createdTime: '2026-01-01T00:00:00Z',
      lastModifiedTime: '2026-01-01T00:00:00Z',
    })
    assert.deepEqual((await bed.call('GET', `${path}/aliases/prod`)).json, created.json)
    assert.equal((await bed.call('GET', `${path}?qualifier=prod`)).json.description, 'state 1')
    const again = await bed.call('POST', `${path}/aliases`, { aliasName: 'prod', versionId: '1' })
    assert.deepEqual([again.status, again.json.Code], [409, 'AliasAlreadyExists'])

    const described = await bed.call('PUT', `${path}/aliases/prod`, { description: 'changed' })
    assert.deepEqual(described.json.additionalVersionWeight, { 2: 0.2 })
    const ended = await bed.call('PUT', `${path}/aliases/prod`, {
      versionId: '2',
      additionalVersionWeight: {},
    })
    assert.deepEqual([ended.json.versionId, ended.json.additionalVersionWeight], ['2', {}])

    await bed.call('POST', `${path}/aliases`, { aliasName: 'gray', versionId: '1' })
    const { json } = await bed.call('GET', `${path}/aliases`)
    assert.deepEqual(
      json.aliases.map((alias: { aliasName: string }) => alias.aliasName),
      ['gray', 'prod'],
    )
    assert.equal((await bed.call('DELETE', `${path}/aliases/gray`)).status, 204)
    for (const method of ['GET', 'DELETE']) {
      assert.equal((await bed.call(method, `${path}/aliases/gray`)).json.Code, 'AliasNotFound')
    }
    assert.equal((await bed.call('PUT', `${path}/aliases/gray`, {})).json.Code, 'AliasNotFound')
  })

  test('an alias that could not be right is refused', async () => {
    const path = await published('wrong', 3)
    const cases: [object, string][] = [
      [{ versionId: '1' }, 'InvalidArgument'],
      [{ aliasName: 'a' }, 'InvalidArgument'],
      [{ aliasName: '1a', versionId: '1' }, 'InvalidArgument'],
      [{ aliasName: 'latest', versionId: '1' }, 'InvalidArgument'],
      [{ aliasName: 'a', versionId: '9' }, 'VersionNotFound'],
      [{ aliasName: 'a', versionId: 'LATEST' }, 'VersionNotFound'],
      [{ aliasName: 'a', versionId: '1', additionalVersionWeight: { 9: 0.1 } }, 'VersionNotFound'],
      [{ aliasName: 'a', versionId: '1', additionalVersionWeight: { 2: 1.1 } }, 'InvalidArgument'],
      [{ aliasName: 'a', versionId: '1', additionalVersionWeight: { 2: -0.1 } }, 'InvalidArgument'],
      [{ aliasName: 'a', versionId: '1', additionalVersionWeight: { 2: 0.1, 3: 0.1 } }, 'InvalidArgument'],
      [
        { aliasName: 'a', versionId: '1', additionalVersionWeight: { 1: 0.5 } },
        'AdditionalVersionContainsMajorVersion',
      ],
    ]
    for (const [body, code] of cases) {
      assert.equal((await bed.call('POST', `${path}/aliases`, body)).json.Code, code, JSON.stringify(body))
    }
    assert.deepEqual((await bed.call('GET', `${path}/aliases`)).json, { aliases: [] })
  })

  test('a version that an alias or a trigger uses is not deleted', async () => {
    const path = await published('used', 3)
    await bed.call('POST', `${path}/aliases`, {
      aliasName: 'prod',
      versionId: '1',
      additionalVersionWeight: { 2: 0.5 },
    })
    const http = { triggerName: 't', triggerType: 'http', qualifier: '3' }
    assert.equal((await bed.call('POST', `${path}/triggers`, http)).status, 200)
    for (const version of [1, 2, 3]) {
      const { status, json } = await bed.call('DELETE', `${path}/versions/${version}`)
      assert.deepEqual([status, json.Code], [409, 'VersionInUse'])
    }
    await bed.call('PUT', `${path}/triggers/t`, { qualifier: 'prod' })
    assert.equal((await bed.call('DELETE', `${path}/versions/3`)).status, 204)
    assert.equal((await bed.call('DELETE', `${path}/aliases/prod`)).json.Code, 'AliasInUse')
    await bed.call('DELETE', `${path}/triggers/t`)
    assert.equal((await bed.call('DELETE', `${path}/aliases/prod`)).status, 204)
  })
})

describe('changes of one function that come together', () => {
  let bed: Testbed
  before(async () => {
    bed = await startTestbed({ records: interleavingRecordStore() })
  })
  after(() => bed.close())

  /** Some are told to try again when too many come together; none is half done. */
  const settled = (status: number): boolean => [200, 204, 404, 409].includes(status)

  test('leave no alias that names a deleted version', async () => {
    const path = '/2023-03-30/functions/contended'
    await bed.createFunction('contended')
    for (let version = 1; version <= 4; version++) {
      await bed.call('PUT', path, { timeout: version })
      await bed.call('POST', `${path}/versions`, {})
    }
    const answers = await Promise.all(
      [1, 2, 3, 4].flatMap((version) => [
        bed.call('POST', `${path}/aliases`, { aliasName: `a${version}`, versionId: String(version) }),
        bed.call('DELETE', `${path}/versions/${version}`),
      ]),
    )
    for (const { status, text } of answers) assert.ok(settled(status), text)
    const { json } = await bed.call('GET', `${path}/aliases`)
    for (const { versionId } of json.aliases) {
      assert.equal((await bed.call('GET', `${path}?qualifier=${versionId}`)).status, 200)
    }
  })

  test('do not undo each other', async () => {
    const path = '/2023-03-30/functions/merged'
    await bed.createFunction('merged')
    const answers = await Promise.all([
      bed.call('PUT', path, { timeout: 50 }),
      bed.call('PUT', path, { description: 'kept' }),
      bed.call('PUT', path, { environmentVariables: { A: '1' } }),
      bed.call('POST', `${path}/versions`, {}),
      bed.call('POST', `${path}/invoke/disable`, { reason: 'x' }),
    ])
    for (const { status, text } of answers) assert.equal(status, 200, text)
    const { json } = await bed.call('GET', path)
    assert.deepEqual(
      [json.timeout, json.description, json.environmentVariables, json.invocationRestriction.reason],
      [50, 'kept', { A: '1' }, 'x'],
    )
  })

  test('leave nothing behind of a function that is deleted', async () => {
    const trigger = { triggerName: 't', triggerType: 'http' }
    const additions: [string, string, object][] = [
      ['POST', 'triggers', trigger],
      ['POST', 'versions', {}],
      ['PUT', 'concurrency', { reservedConcurrency: 1 }],
      ['PUT', 'async-invoke-config', {}],
    ]
    for (const [method, what, body] of additions) {
      for (let round = 0; round < 8; round++) {
        const name = `doomed-${what}-${round}`
        const path = `/2023-03-30/functions/${name}`
        await bed.createFunction(name)
        const add = () => bed.call(method, `${path}/${what}`, body)
        const remove = () => bed.call('DELETE', path)
        await Promise.all(round % 2 === 0 ? [add(), remove()] : [remove(), add()])
        if ((await bed.call('GET', path)).status === 200) continue
        const left = await bed.records.list({ prefix: 'fc/', limit: 10_000 })
        assert.deepEqual(
          left.map(({ key }) => key).filter((key) => key.includes(name)),
          [],
        )
      }
    }
  })
})
