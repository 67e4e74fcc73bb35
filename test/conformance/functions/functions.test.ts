/** Functions and their code, through the vendor's SDK of API 2023-03-30. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createFunction, invoke, models, zipOf } from '../../clients.fixture.ts'
import { assertRefused, http, request, requestWith, sharedPlatform } from '../conformance.fixture.ts'

const echo = { 'index.js': 'exports.handler = async (event) => event' }

const bed = sharedPlatform()

describe('functions', () => {
  const get = (name: string, qualifier?: string) =>
    bed.client.getFunction(name, request('GetFunction', { qualifier }))
  const update = (name: string, fields: object) =>
    bed.client.updateFunction(name, requestWith('UpdateFunction', fields))

  test('are created with every field that is built, and read back as they were written', async () => {
    const zipFile = await zipOf({ 'src/index.js': 'exports.run = async () => process.env.A' })
    const fields = {
      functionName: 'full',
      description: 'a description with 中文',
      runtime: 'nodejs20',
      handler: 'src/index.run',
      timeout: 7,
      memorySize: 1024,
      cpu: 0.5,
      diskSize: 512,
      instanceConcurrency: 1,
      internetAccess: false,
      environmentVariables: { A: 'värde', B: '' },
      role: 'acs:ram::1234567890123456:role/writer',
      instanceLifecycleConfig: new models.InstanceLifecycleConfig({
        preStop: new models.LifecycleHook({ handler: 'src/index.stop', timeout: 5 }),
      }),
      logConfig: new models.LogConfig({ project: 'p', logstore: 'l', logBeginRule: 'None' }),
      tags: [new models.Tag({ key: 'team', value: 'blue' })],
    }
    const created = await createFunction(bed.client, {
      ...fields,
      files: {},
      code: new models.InputCodeLocation({ zipFile }),
    })
    assert.equal(created.statusCode, 200)
    assert.ok(created.headers['x-fc-request-id'])
    const { body } = await get('full')
    for (const [name, value] of Object.entries(fields)) {
      assert.deepEqual(body[name], value, name)
      assert.deepEqual(created.body[name], value, name)
    }
    assert.equal(body.functionArn, `acs:fc:cn-hangzhou:${bed.platform.accountId}:functions/full`)
    assert.match(body.functionId, /^[0-9a-f-]{36}$/)
    assert.equal(body.codeSize, Buffer.from(zipFile, 'base64').length)
    assert.match(body.codeChecksum, /^\d+$/)
    assert.match(body.createdTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.deepEqual([body.state, body.lastUpdateStatus], ['Active', 'Successful'])
    assert.equal((await invoke(bed.client, 'full')).body, 'värde')
  })

  test('get the vendor’s defaults for what is not said', async () => {
    const { body } = await bed.client.createFunction(
      requestWith('CreateFunction', {
        functionName: 'defaults',
        runtime: 'python3.10',
        handler: 'index.handler',
        code: new models.InputCodeLocation({
          zipFile: await zipOf({ 'index.py': 'def handler(e, c): return e' }),
        }),
      }),
    )
    const { timeout, memorySize, cpu, diskSize, instanceConcurrency, internetAccess, description } = body
    assert.deepEqual(
      { timeout, memorySize, cpu, diskSize, instanceConcurrency, internetAccess, description },
      {
        timeout: 3,
        memorySize: 512,
        cpu: 0.35,
        diskSize: 512,
        instanceConcurrency: 1,
        internetAccess: true,
        description: '',
      },
    )
  })

  test('take what `s deploy` sends, empty forms and all, and answer it as it came', async () => {
    const empty = {
      description: '',
      environmentVariables: {},
      instanceIsolationMode: 'SHARE',
      layers: [],
      logConfig: {
        enableInstanceMetrics: false,
        enableRequestMetrics: false,
        logBeginRule: 'None',
        logstore: '',
        project: '',
      },
      nasConfig: { groupId: 0, mountPoints: [], userId: 0 },
      ossMountConfig: { mountPoints: [] },
      role: '',
      sessionAffinity: 'NONE',
      tracingConfig: {},
      vpcConfig: { securityGroupId: '', vSwitchIds: [], vpcId: '' },
    }
    await createFunction(bed.client, { functionName: 'by-s', files: echo })
    const { body } = await update('by-s', empty)
    for (const [name, value] of Object.entries(empty)) {
      assert.deepEqual(JSON.parse(JSON.stringify(body[name])), value, name)
    }
  })

  test('keep on update what is not named; the next invocation runs the new code', async () => {
    await createFunction(bed.client, {
      functionName: 'updated',
      environmentVariables: { COLOUR: 'red' },
      files: { 'index.js': 'exports.handler = async () => "one " + process.env.COLOUR' },
    })
    assert.equal((await invoke(bed.client, 'updated')).body, 'one red')
    const before = (await get('updated')).body

    const configured = await update('updated', { environmentVariables: { COLOUR: 'blue' }, timeout: 20 })
    assert.deepEqual([configured.body.timeout, configured.body.handler], [20, 'index.handler'])
    assert.equal(configured.body.codeChecksum, before.codeChecksum)
    assert.equal((await invoke(bed.client, 'updated')).body, 'one blue')

    const recoded = await update('updated', {
      code: new models.InputCodeLocation({
        zipFile: await zipOf({ 'index.js': 'exports.handler = async () => "two " + process.env.COLOUR' }),
      }),
    })
    assert.notEqual(recoded.body.codeChecksum, before.codeChecksum)
    assert.equal(recoded.body.createdTime, before.createdTime)
    assert.equal((await invoke(bed.client, 'updated')).body, 'two blue')
  })

  test('are listed by name, in pages, by prefix and by what they are', async () => {
    for (const name of ['list-c', 'list-a', 'list-b', 'List-A'])
      await createFunction(bed.client, {
        functionName: name,
        files: echo,
        description: `is ${name}`,
        tags: [new models.Tag({ key: 'name', value: name })],
      })
    const list = async (fields: object) =>
      (await bed.client.listFunctions(request('ListFunctions', fields))).body
    const names = (body: { functions: { functionName: string }[] }) =>
      body.functions.map(({ functionName }) => functionName)

    const first = await list({ prefix: 'list-', limit: 2 })
    assert.deepEqual(names(first), ['list-a', 'list-b'])
    assert.ok(first.nextToken)
    const second = await list({ prefix: 'list-', limit: 2, nextToken: first.nextToken })
    assert.deepEqual(names(second), ['list-c'])
    assert.equal(second.nextToken, undefined)
    assert.deepEqual(names(await list({ prefix: 'no-such' })), [])
    assert.deepEqual(names(await list({ tags: [new models.Tag({ key: 'name', value: 'list-b' })] })), [
      'list-b',
    ])
    assert.deepEqual(names(await list({ description: 'is List-A' })), ['List-A'])
    assert.ok(names(await list({ runtime: 'python3.10' })).includes('defaults'))
    assert.deepEqual(names(await list({ fcVersion: 'v2' })), [])
    await assertRefused(list({ limit: 101 }), 400, 'InvalidArgument')
    await assertRefused(list({ limit: -1 }), 400, 'InvalidArgument')
    await assertRefused(list({ nextToken: '!' }), 400, 'InvalidArgument')
  })

  test('are refused with the vendor’s codes', async () => {
    await createFunction(bed.client, { functionName: 'taken', files: echo })
    await assertRefused(
      createFunction(bed.client, { functionName: 'taken', files: echo }),
      409,
      'FunctionAlreadyExists',
    )
    await assertRefused(get('absent'), 404, 'FunctionNotFound', /'absent'/)
    await assertRefused(update('absent', { timeout: 3 }), 404, 'FunctionNotFound')
    await assertRefused(bed.client.deleteFunction('absent'), 404, 'FunctionNotFound')
    await assertRefused(get('taken', '7'), 404, 'VersionNotFound')
    await assertRefused(get('taken', 'prod'), 404, 'AliasNotFound')
    await assertRefused(update('taken', { memorySize: 100 }), 400, 'InvalidArgument', /MemorySize/)
    await assertRefused(update('taken', { runtime: 'java11' }), 501, 'NotImplemented')
    await assertRefused(
      update('taken', { vpcConfig: new models.VPCConfig({ vpcId: 'vpc-1' }) }),
      501,
      'NotImplemented',
      /vpcConfig/,
    )
    await assertRefused(
      createFunction(bed.client, { functionName: 'no-code', files: {}, code: undefined }),
      400,
      'InvalidArgument',
      /code/,
    )
  })

  test('are gone when they are deleted, and may be made anew', async () => {
    await createFunction(bed.client, { functionName: 'passing', files: echo })
    assert.equal((await invoke(bed.client, 'passing', 'x')).body, 'x')
    assert.equal((await bed.client.deleteFunction('passing')).statusCode, 204)
    await assertRefused(get('passing'), 404, 'FunctionNotFound')
    await assertRefused(invoke(bed.client, 'passing'), 404, 'FunctionNotFound')
    await createFunction(bed.client, {
      functionName: 'passing',
      files: { 'index.js': 'exports.handler = async () => "anew"' },
    })
    assert.equal((await invoke(bed.client, 'passing')).body, 'anew')
  })

  test('can be disabled, with a reason, and enabled', async () => {
    await createFunction(bed.client, { functionName: 'switch', files: echo })
    const disabled = await bed.client.disableFunctionInvocation(
      'switch',
      request('DisableFunctionInvocation', { reason: 'repairs' }),
    )
    assert.equal(disabled.body.success, true)
    const { invocationRestriction } = (await get('switch')).body
    assert.deepEqual([invocationRestriction.disable, invocationRestriction.reason], [true, 'repairs'])
    await assertRefused(invoke(bed.client, 'switch'), 403, 'FunctionInvocationDisabled', /repairs/)
    await assertRefused(
      invoke(bed.client, 'switch', '', { xFcInvocationType: 'Async' }),
      403,
      'FunctionInvocationDisabled',
    )
    assert.equal((await bed.client.enableFunctionInvocation('switch')).body.success, true)
    assert.equal((await invoke(bed.client, 'switch', 'again')).body, 'again')
    await assertRefused(
      bed.client.disableFunctionInvocation('absent', request('DisableFunctionInvocation')),
      404,
      'FunctionNotFound',
    )
    await assertRefused(bed.client.enableFunctionInvocation('absent'), 404, 'FunctionNotFound')
  })

  test('are changed by many at once without losing a change', async () => {
    await createFunction(bed.client, { functionName: 'contended', files: echo })
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        bed.client.createTrigger(
          'contended',
          requestWith('CreateTrigger', {
            triggerName: `t${index}`,
            triggerType: 'http',
            triggerConfig: '{"authType":"anonymous"}',
          }),
        ),
      ),
    )
    // One HTTP trigger per qualifier: exactly one of them can have won.
    assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1)
    const { body } = await bed.client.listTriggers('contended', request('ListTriggers'))
    assert.equal(body.triggers.length, 1)
    const created = await Promise.allSettled(
      Array.from({ length: 6 }, () => createFunction(bed.client, { functionName: 'raced', files: echo })),
    )
    assert.equal(created.filter(({ status }) => status === 'fulfilled').length, 1)
  })
})

describe('the code of a function', () => {
  const codeOf = async (name: string, qualifier?: string) =>
    (await bed.client.getFunctionCode(name, request('GetFunctionCode', { qualifier }))).body

  test('can be fetched again, byte by byte, by a link that needs no signature', async () => {
    const zipFile = await zipOf({ ...echo, 'data.bin': Buffer.alloc(100_000, 7) })
    const { body } = await createFunction(bed.client, {
      functionName: 'fetched',
      files: {},
      code: new models.InputCodeLocation({ zipFile }),
    })
    const { url, checksum } = await codeOf('fetched', 'LATEST')
    assert.equal(checksum, body.codeChecksum)
    const fetched = await http(url)
    assert.equal(fetched.status, 200)
    assert.deepEqual(fetched.bytes, Buffer.from(zipFile, 'base64'))
    assert.equal(fetched.headers['x-oss-hash-crc64ecma'], checksum)

    const forged = await http(`${url.slice(0, -3)}abc`)
    assert.ok(forged.status === 403 || forged.status === 400, String(forged.status))
    await assertRefused(codeOf('absent'), 404, 'FunctionNotFound')
    await assertRefused(codeOf('fetched', '3'), 404, 'VersionNotFound')
  })

  test('is taken only when it has the checksum that was announced', async () => {
    const zipFile = await zipOf(echo)
    const probe = await createFunction(bed.client, {
      functionName: 'probe',
      files: {},
      code: new models.InputCodeLocation({ zipFile }),
    })
    const checksum = probe.body.codeChecksum
    await createFunction(bed.client, {
      functionName: 'checked',
      files: {},
      code: new models.InputCodeLocation({ zipFile, checksum }),
    })
    await assertRefused(
      createFunction(bed.client, {
        functionName: 'mismatched',
        files: {},
        code: new models.InputCodeLocation({ zipFile, checksum: '1' }),
      }),
      400,
      'InvalidArgument',
      /checksum/,
    )
    await assertRefused(bed.client.getFunction('mismatched', request('GetFunction')), 404, 'FunctionNotFound')
  })

  test('cannot come from an object that is not there', async () => {
    await assertRefused(
      createFunction(bed.client, {
        functionName: 'from-nowhere',
        files: {},
        code: new models.InputCodeLocation({ ossBucketName: 'fc-code', ossObjectName: 'no/such.zip' }),
      }),
      400,
      'InvalidArgument',
      /no\/such\.zip/,
    )
  })

  test('keeps the mode of its files and its links', async () => {
    await createFunction(bed.client, {
      functionName: 'modes',
      files: {
        'index.js': `const { execFileSync } = require('node:child_process')
          const fs = require('node:fs')
          exports.handler = async () => JSON.stringify([
            execFileSync('/code/tool.sh').toString(), fs.readFileSync(__dirname + '/link', 'utf8')])`,
        'tool.sh': { content: '#!/bin/sh\necho run', mode: 0o100755 },
        'deep/er/data.txt': 'linked',
        link: { content: 'deep/er/data.txt', mode: 0o120777 },
      },
    })
    const { body } = await invoke(bed.client, 'modes')
    if (bed.platform.sandbox === 'process') {
      // Without a sandbox there is no /code of the function's own.
      assert.match(body, /ENOENT|run/)
      return
    }
    assert.deepEqual(JSON.parse(body), ['run\n', 'linked'])
  })
})
