/** Triggers as resources, through the vendor's SDK. What an HTTP trigger does is in runtimes/http-trigger.test.ts. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createFunction, httpTrigger, models, type Sdk } from '../../clients.fixture.ts'
import { assertRefused, http, request, requestWith, sharedPlatform } from '../conformance.fixture.ts'

const bed = sharedPlatform()

describe('triggers', () => {
  const create = (name: string, fields: object = {}) =>
    bed.client.createTrigger(
      name,
      requestWith('CreateTrigger', {
        triggerName: 'web',
        triggerType: 'http',
        triggerConfig: '{"authType":"anonymous","methods":["GET"]}',
        ...fields,
      }),
    )
  const update = (name: string, trigger: string, fields: object) =>
    bed.client.updateTrigger(name, trigger, requestWith('UpdateTrigger', fields))
  const newFunction = (functionName: string) =>
    createFunction(bed.client, {
      functionName,
      files: { 'index.js': 'exports.handler = async () => "hello"' },
    })

  test('of the type http are created with the URLs they are reached by, read, changed and deleted', async () => {
    await newFunction('web')
    const { body } = await create('web', { description: 'the site' })
    assert.deepEqual(
      [body.triggerName, body.triggerType, body.qualifier, body.description],
      ['web', 'http', 'LATEST', 'the site'],
    )
    assert.match(body.triggerId, /^[0-9a-f-]{36}$/)
    assert.ok(body.httpTrigger.urlIntranet)
    const config = JSON.parse(body.triggerConfig)
    assert.deepEqual(
      [config.authType, config.methods, config.disableURLInternet],
      ['anonymous', ['GET'], false],
    )
    // The host name need not resolve here: the platform is where it always is.
    const { host } = new URL(body.httpTrigger.urlInternet)
    const { edge } = bed.platform.endpoints
    const ask = (options: object = {}) => http(edge, { headers: { host }, ...options })
    assert.deepEqual([(await ask()).status, (await ask()).text], [200, 'hello'])

    assert.equal((await bed.client.getTrigger('web', 'web')).body.triggerId, body.triggerId)
    const { triggers } = (await bed.client.listTriggers('web', request('ListTriggers', { limit: 10 }))).body
    assert.deepEqual(
      triggers.map(({ triggerName }: Sdk) => triggerName),
      ['web'],
    )

    const changed = await update('web', 'web', {
      triggerConfig: '{"authType":"anonymous","methods":["POST"]}',
      description: '',
    })
    assert.deepEqual([changed.body.description, changed.body.triggerId], ['', body.triggerId])
    const refused = await ask()
    assert.deepEqual([refused.status, refused.headers.allow], [405, 'POST'])
    assert.equal(JSON.parse(refused.text).Code, 'MethodNotAllowed')
    assert.equal((await ask({ method: 'POST' })).text, 'hello')

    await update('web', 'web', { triggerConfig: '{"authType":"anonymous","disableURLInternet":true}' })
    assert.deepEqual([(await ask()).status, JSON.parse((await ask()).text).Code], [403, 'AccessDenied'])

    assert.equal((await bed.client.deleteTrigger('web', 'web')).statusCode, 204)
    await assertRefused(bed.client.getTrigger('web', 'web'), 404, 'TriggerNotFound')
    const gone = await ask()
    assert.deepEqual([gone.status, JSON.parse(gone.text).Code], [404, 'TriggerNotFound'])
  })

  test('of a version or an alias serve that one', async () => {
    await createFunction(bed.client, {
      functionName: 'staged',
      files: { 'index.js': 'exports.handler = async () => process.env.STAGE' },
      environmentVariables: { STAGE: 'one' },
    })
    await bed.client.publishFunctionVersion('staged', requestWith('PublishFunctionVersion', {}))
    await bed.client.createAlias('staged', requestWith('CreateAlias', { aliasName: 'prod', versionId: '1' }))
    await bed.client.updateFunction(
      'staged',
      requestWith('UpdateFunction', { environmentVariables: { STAGE: 'two' } }),
    )
    const { edge } = bed.platform.endpoints
    for (const [triggerName, qualifier] of [
      ['latest', 'LATEST'],
      ['by-alias', 'prod'],
      ['by-version', '1'],
    ] as const) {
      const { body } = await create('staged', { triggerName, qualifier })
      assert.equal(body.qualifier, qualifier)
    }
    const say = async (path: string) => (await http(`${edge}/proxy/${path}`)).text
    assert.deepEqual(
      [await say('staged'), await say('staged.prod'), await say('staged.1/x')],
      ['two', 'one', 'one'],
    )
    await assertRefused(bed.client.deleteAlias('staged', 'prod'), 409, 'AliasInUse')
    const page = (await bed.client.listTriggers('staged', request('ListTriggers', { limit: 2 }))).body
    assert.deepEqual(
      page.triggers.map(({ triggerName }: Sdk) => triggerName),
      ['by-alias', 'by-version'],
    )
    const rest = (
      await bed.client.listTriggers(
        'staged',
        request('ListTriggers', { limit: 2, nextToken: page.nextToken }),
      )
    ).body
    assert.deepEqual([rest.triggers.length, rest.nextToken], [1, undefined])
    const prefixed = (await bed.client.listTriggers('staged', request('ListTriggers', { prefix: 'by-' })))
      .body
    assert.equal(prefixed.triggers.length, 2)
  })

  describe('are refused with the vendor’s codes', () => {
    before(async () => {
      await newFunction('strict')
      await create('strict')
    })
    const cases: [string, () => Promise<unknown>, number, string, RegExp?][] = [
      ['a name that is taken', () => create('strict'), 409, 'TriggerAlreadyExists'],
      [
        'a second one of a qualifier',
        () => create('strict', { triggerName: 'w2' }),
        400,
        'InvalidArgument',
        /LATEST/,
      ],
      ['a function that is not there', () => create('absent'), 404, 'FunctionNotFound'],
      [
        'a version that is not there',
        () => create('strict', { triggerName: 'x', qualifier: '5' }),
        404,
        'VersionNotFound',
      ],
      [
        'an alias that is not there',
        () => create('strict', { triggerName: 'x', qualifier: 'a' }),
        404,
        'AliasNotFound',
      ],
      ['no name', () => create('strict', { triggerName: undefined }), 400, 'InvalidArgument'],
      [
        'no type',
        () => create('strict', { triggerName: 'x', triggerType: undefined }),
        400,
        'InvalidArgument',
      ],
      [
        'a type of nobody',
        () => create('strict', { triggerName: 'x', triggerType: 'moon' }),
        400,
        'InvalidArgument',
      ],
      [
        'a type that is not built',
        () => create('strict', { triggerName: 'x', triggerType: 'cdn_events' }),
        501,
        'NotImplemented',
      ],
      [
        'a config that is not JSON',
        () => create('strict', { triggerName: 'x', triggerConfig: '{' }),
        400,
        'InvalidArgument',
      ],
      [
        'a config that is a list',
        () => create('strict', { triggerName: 'x', triggerConfig: '[]' }),
        400,
        'InvalidArgument',
      ],
      [
        'an unknown method',
        () => create('strict', { triggerName: 'x', triggerConfig: '{"methods":["BREW"]}' }),
        400,
        'InvalidArgument',
        /BREW/,
      ],
      [
        'an unknown authType',
        () => create('strict', { triggerName: 'x', triggerConfig: '{"authType":"magic"}' }),
        400,
        'InvalidArgument',
      ],
      [
        'jwt without keys',
        () => create('strict', { triggerName: 'x', triggerConfig: '{"authType":"jwt"}' }),
        400,
        'InvalidArgument',
        /authConfig/,
      ],
      ['to change one that is not there', () => update('strict', 'absent', {}), 404, 'TriggerNotFound'],
      [
        'to read one that is not there',
        () => bed.client.getTrigger('strict', 'absent'),
        404,
        'TriggerNotFound',
      ],
      [
        'to delete one that is not there',
        () => bed.client.deleteTrigger('strict', 'absent'),
        404,
        'TriggerNotFound',
      ],
      [
        'to delete its function',
        () => bed.client.deleteFunction('strict'),
        409,
        'FunctionNotEmpty',
        /triggers/,
      ],
      [
        'to list those of no function',
        () => bed.client.listTriggers('absent', request('ListTriggers')),
        404,
        'FunctionNotFound',
      ],
    ]
    for (const [what, attempt, status, code, message] of cases) {
      test(what, () => assertRefused(attempt(), status, code, message))
    }
  })

  test('of authType jwt let in who has a good token, and pass its claims on', async () => {
    await createFunction(bed.client, {
      functionName: 'guarded',
      files: { 'index.js': 'exports.handler = async (event) => event.toString()' },
    })
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
    const authConfig = JSON.stringify({
      jwks: { keys: [{ ...(await exportJWK(publicKey)), alg: 'RS256', use: 'sig' }] },
      tokenLookup: 'header:Authorization:Bearer,cookie:token',
      claimPassBy: 'header:name:X-Name',
      blacklist: ['/api/*'],
    })
    const url = await httpTrigger(bed.client, bed.platform, 'guarded', { authType: 'jwt', authConfig })
    const { body } = await bed.client.getTrigger('guarded', 'http')
    const { authType, authConfig: answered } = JSON.parse(body.triggerConfig)
    assert.deepEqual([authType, answered], ['jwt', authConfig])

    const token = await new SignJWT({ name: 'you' })
      .setProtectedHeader({ alg: 'RS256' })
      .setExpirationTime('1h')
      .sign(privateKey)
    const named = await http(`${url}/api/x`, { headers: { cookie: `token=${token}` } })
    assert.deepEqual([named.status, JSON.parse(named.text).headers['X-Name']], [200, 'you'])
    const nobody = await http(`${url}/api/x`)
    assert.deepEqual([nobody.status, JSON.parse(nobody.text).Code], [403, 'AccessDenied'])
    assert.equal((await http(`${url}/page`)).status, 200)
  })

  test('have the authType function unless they say otherwise', async () => {
    await newFunction('closed')
    const { body } = await bed.client.createTrigger(
      'closed',
      new models.CreateTriggerRequest({
        body: new models.CreateTriggerInput({ triggerName: 'web', triggerType: 'http', triggerConfig: '{}' }),
      }),
    )
    assert.equal(JSON.parse(body.triggerConfig).authType, 'function')
    const answer = await http(`${bed.platform.endpoints.edge}/proxy/closed`)
    assert.deepEqual([answer.status, JSON.parse(answer.text).Code], [400, 'MissingRequiredHeader'])
  })
})
