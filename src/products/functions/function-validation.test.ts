import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { ApiError } from '../../wire/api-error.ts'
import { resourcesOf } from './resources.ts'
import { startTestbed, type Testbed } from './testbed.fixture.ts'

describe('what a function may be', () => {
  let bed: Testbed
  before(async () => {
    bed = await startTestbed()
  })
  after(() => bed.close())

  const refused: [string, object, number, string, RegExp][] = [
    [
      'an unknown runtime',
      { runtime: 'cobol' },
      400,
      'InvalidArgument',
      /^Runtime is set to an invalid value/,
    ],
    ['a runtime that is not run here', { runtime: 'java11' }, 501, 'NotImplemented', /java11/],
    ['no runtime', { runtime: undefined }, 400, 'InvalidArgument', /Runtime is required/],
    ['memory off the grid', { memorySize: 500 }, 400, 'InvalidArgument', /MemorySize/],
    ['too little memory', { memorySize: 64 }, 400, 'InvalidArgument', /MemorySize/],
    ['too much memory', { memorySize: 32_832 }, 400, 'InvalidArgument', /MemorySize/],
    ['cpu off the grid', { cpu: 0.33 }, 400, 'InvalidArgument', /CPU/],
    ['too much cpu', { cpu: 16.05, memorySize: 32_768 }, 400, 'InvalidArgument', /CPU/],
    ['cpu and memory out of proportion', { cpu: 1, memorySize: 512 }, 400, 'InvalidArgument', /ratio/],
    ['memory and cpu out of proportion', { cpu: 0.1, memorySize: 512 }, 400, 'InvalidArgument', /ratio/],
    ['another disk', { diskSize: 1024 }, 400, 'InvalidArgument', /DiskSize/],
    ['no time', { timeout: 0 }, 400, 'InvalidArgument', /Timeout/],
    ['too much time', { timeout: 86_401 }, 400, 'InvalidArgument', /Timeout/],
    ['time as text', { timeout: '3' }, 400, 'InvalidArgument', /timeout/],
    ['concurrency in a built-in runtime', { instanceConcurrency: 2 }, 400, 'InvalidArgument', /Concurrency/],
    [
      'too much concurrency',
      { runtime: 'custom', instanceConcurrency: 201 },
      400,
      'InvalidArgument',
      /Concurrency/,
    ],
    ['a handler without a function', { handler: 'index' }, 400, 'InvalidArgument', /Handler/],
    ['a handler outside of the code', { handler: '../x.handler' }, 400, 'InvalidArgument', /Handler/],
    ['no handler', { handler: '' }, 400, 'InvalidArgument', /Handler/],
    ['a long description', { description: 'x'.repeat(257) }, 400, 'InvalidArgument', /Description/],
    ['a reserved variable', { environmentVariables: { FC_X: '1' } }, 400, 'InvalidArgument', /reserved/],
    [
      'a variable that is a number',
      { environmentVariables: { A: 1 } },
      400,
      'InvalidArgument',
      /environmentV/,
    ],
    ['a variable with a bad name', { environmentVariables: { '1A': '' } }, 400, 'InvalidArgument', /1A/],
    [
      'too many variables',
      { environmentVariables: { A: 'x'.repeat(4096) } },
      400,
      'InvalidArgument',
      /4097 exceeds the maximum of 4096/,
    ],
    ['a role that is not one', { role: 'admin' }, 400, 'InvalidArgument', /Role/],
    ['a layer that is not one', { layers: ['x'] }, 400, 'InvalidArgument', /ARN/],
    ['six layers', { layers: ['1', '2', '3', '4', '5', '6'] }, 400, 'InvalidArgument', /more than 5/],
    [
      'an official layer',
      { layers: ['acs:fc:cn-hangzhou:official:layers/Nodejs20/versions/1'] },
      404,
      'LayerVersionNotFound',
      /official/,
    ],
    [
      'a hook that takes too long',
      { instanceLifecycleConfig: { initializer: { handler: 'index.init', timeout: 301 } } },
      400,
      'InvalidArgument',
      /Initializer.Timeout/,
    ],
    [
      'a custom runtime config of a built-in runtime',
      { customRuntimeConfig: { port: 9000 } },
      400,
      'InvalidArgument',
      /CustomRuntimeConfig/,
    ],
    [
      'a port out of range',
      { runtime: 'custom', customRuntimeConfig: { port: 70_000 } },
      400,
      'InvalidArgument',
      /customRuntimeConfig.port/,
    ],
    [
      'a health check without a path',
      { runtime: 'custom', customRuntimeConfig: { healthCheckConfig: { periodSeconds: 3 } } },
      400,
      'InvalidArgument',
      /HttpGetUrl/,
    ],
    ['a tag twice', { tags: [{ Key: 'a' }, { Key: 'a' }] }, 400, 'InvalidArgument', /Tags/],
    // what would change behaviour and is not built
    ['a VPC', { vpcConfig: { vpcId: 'vpc-1' } }, 501, 'NotImplemented', /'vpcConfig'/],
    [
      'a NAS mount',
      { nasConfig: { mountPoints: [{ serverAddr: 'x' }] } },
      501,
      'NotImplemented',
      /'nasConfig'/,
    ],
    ['an OSS mount', { ossMountConfig: { mountPoints: [{}, { a: 1 }] } }, 501, 'NotImplemented', /'ossMount/],
    ['a GPU', { gpuConfig: { gpuMemorySize: 1024 } }, 501, 'NotImplemented', /'gpuConfig'/],
    ['a container', { customContainerConfig: { image: 'x' } }, 501, 'NotImplemented', /'customContainer/],
    ['own DNS', { customDNS: { nameServers: ['1.1.1.1'] } }, 501, 'NotImplemented', /'customDNS'/],
    ['session affinity', { sessionAffinity: 'MCP_SSE' }, 501, 'NotImplemented', /'sessionAffinity'/],
    ['no credentials', { disableInjectCredentials: 'All' }, 501, 'NotImplemented', /'disableInject/],
    ['an idle timeout', { idleTimeout: 100 }, 501, 'NotImplemented', /'idleTimeout'/],
    [
      'isolation by session',
      { instanceIsolationMode: 'SESSION_EXCLUSIVE' },
      501,
      'NotImplemented',
      /Isolation/,
    ],
    [
      'a hook that is a command',
      { instanceLifecycleConfig: { preStop: { command: ['sh'] } } },
      501,
      'NotImplemented',
      /preStop.command/,
    ],
    ['a field that nobody knows', { warpDrive: { factor: 9 } }, 501, 'NotImplemented', /'warpDrive'/],
  ]
  for (const [what, differs, status, code, message] of refused) {
    test(`${what} is refused`, async () => {
      const answer = await bed.createFunction('refused', differs)
      assert.deepEqual([answer.status, answer.json.Code], [status, code], answer.text)
      assert.match(answer.json.Message, message)
    })
  }

  test('a name is 1 to 64 letters, digits, _ and -, and begins with a letter or _', async () => {
    for (const name of ['a', '_', 'A-b_9', 'x'.repeat(64)]) {
      assert.equal((await bed.createFunction(name)).status, 200, name)
    }
    for (const name of ['', '1a', '-a', 'a b', 'a.b', 'ä', 'x'.repeat(65)]) {
      const { status, json } = await bed.createFunction(name)
      assert.deepEqual([status, json.Code], [400, 'InvalidArgument'], name)
    }
  })

  test('a custom runtime may have concurrency, a start command, a port and a health check', async () => {
    const customRuntimeConfig = {
      command: ['node'],
      args: ['server.js'],
      port: 8080,
      healthCheckConfig: { httpGetUrl: '/ready', initialDelaySeconds: 1 },
    }
    const { status, json } = await bed.createFunction('server', {
      runtime: 'custom.debian12',
      handler: undefined,
      instanceConcurrency: 200,
      customRuntimeConfig,
    })
    assert.equal(status, 200)
    assert.deepEqual(json.customRuntimeConfig, customRuntimeConfig)
    const found = await bed.directory.resolve('1234567890123456', 'server', 'LATEST')
    assert.equal(found.outcome, 'found')
    assert.deepEqual(found.outcome === 'found' && found.revision.customRuntime, {
      command: ['node'],
      args: ['server.js'],
      port: 8080,
      healthCheck: {
        httpGetUrl: '/ready',
        initialDelayMs: 1000,
        periodMs: 3000,
        timeoutMs: 1000,
        failureThreshold: 3,
        successThreshold: 1,
      },
    })
  })

  test('an update is held to the same rules as what comes out of it', async () => {
    await bed.createFunction('switched')
    const path = '/2023-03-30/functions/switched'
    assert.equal((await bed.call('PUT', path, { instanceConcurrency: 2 })).json.Code, 'InvalidArgument')
    assert.equal(
      (await bed.call('PUT', path, { runtime: 'custom', instanceConcurrency: 2 })).json.instanceConcurrency,
      2,
    )
    assert.equal((await bed.call('PUT', path, { runtime: 'nodejs20' })).json.Code, 'InvalidArgument')
    assert.equal((await bed.call('PUT', path, { functionName: 'other' })).json.Code, 'InvalidArgument')
    assert.equal((await bed.call('PUT', path, '{"timeout":')).json.Code, 'InvalidArgument')
    assert.equal((await bed.call('PUT', path, '[]')).json.Code, 'InvalidArgument')
    const nested = `{"vpcConfig":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
    const deep = await bed.call('PUT', path, nested)
    assert.deepEqual([deep.status, deep.json.Code], [400, 'InvalidArgument'])
    assert.equal((await bed.call('GET', path)).json.runtime, 'custom')
  })
})

test('what is chosen for cpu and memory keeps the rules, whichever of the two is given', () => {
  const memory = fc.integer({ min: 2, max: 512 }).map((steps) => steps * 64)
  const cpu = fc.integer({ min: 1, max: 320 }).map((steps) => Math.round(steps * 5) / 100)
  fc.assert(
    fc.property(
      fc.oneof(
        memory.map((memorySize) => ({ memorySize })),
        cpu.map((cpu) => ({ cpu })),
      ),
      (given) => {
        const chosen = resourcesOf(given)
        assert.deepEqual({ ...chosen, ...given }, chosen)
        assert.deepEqual(resourcesOf(chosen), chosen)
      },
    ),
  )
  assert.deepEqual(resourcesOf({}), { cpu: 0.35, memorySize: 512 })
  assert.deepEqual(resourcesOf({ memorySize: 512 }), { cpu: 0.35, memorySize: 512 })
  assert.deepEqual(resourcesOf({ cpu: 0.35 }), { cpu: 0.35, memorySize: 512 })
  assert.throws(() => resourcesOf({ cpu: 2, memorySize: 1024 }), ApiError)
})
