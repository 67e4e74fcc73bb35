import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isUnchanged, planFor, type Remote } from './plan.ts'
import type { FunctionResource, TriggerSpec } from './props.ts'

const timer: TriggerSpec = {
  triggerName: 'timer',
  triggerType: 'timer',
  qualifier: 'LATEST',
  description: '',
  triggerConfig: { cronExpression: '@every 5m', enable: true },
}

const wanted = (changes: Partial<FunctionResource> = {}): FunctionResource => ({
  name: 'main',
  functionName: 'f',
  code: { from: 'path', path: '.' },
  spec: { functionName: 'f', memorySize: 512, description: '', layers: ['arn:1'], environmentVariables: {} },
  triggers: [],
  preDeploy: [],
  warnings: [],
  ...changes,
})

const there: Remote = {
  function: {
    functionName: 'f',
    memorySize: 512,
    layers: [{ arn: 'arn:1', size: 5 }],
    environmentVariables: null,
    codeChecksum: '1',
    functionId: 'x',
  },
  triggers: [],
}

const plan = (resource: FunctionResource, remote: Remote, { checksum = '1', prune = false } = {}) =>
  planFor({ wanted: resource, remote, checksum, prune })

test('what the platform leaves out or writes as null is the same as empty', () => {
  assert.ok(isUnchanged(plan(wanted(), there)))
})

test('a variable that is set to "false" or 0 is not the same as none', () => {
  const spec = { ...wanted().spec, environmentVariables: { A: 'false' } }
  assert.deepEqual(plan(wanted({ spec }), there).function, {
    step: 'update',
    code: false,
    changes: [{ field: 'environmentVariables', from: null, to: { A: 'false' } }],
  })
})

test('a variable on the platform that the file has no more is a change', () => {
  const remote = { ...there, function: { ...there.function, environmentVariables: { OLD: '1' } } }
  assert.equal(plan(wanted(), remote).function.step, 'update')
})

test('other code is a change of the code, and code that cannot be compared is sent', () => {
  assert.deepEqual(plan(wanted(), there, { checksum: '2' }).function, {
    step: 'update',
    changes: [],
    code: true,
  })
  const unknown = planFor({ wanted: wanted(), remote: there, checksum: undefined, prune: false })
  assert.deepEqual(unknown.function, { step: 'update', changes: [], code: true })
})

test('the order of layers matters', () => {
  const spec = { ...wanted().spec, layers: ['arn:2', 'arn:1'] }
  const remote = { ...there, function: { ...there.function, layers: [{ arn: 'arn:1' }, { arn: 'arn:2' }] } }
  assert.equal(plan(wanted({ spec }), remote).function.step, 'update')
})

test('a trigger is compared by the meaning of its configuration, not by its text', () => {
  const remote = {
    ...there,
    triggers: [
      {
        triggerName: 'timer',
        triggerType: 'timer',
        qualifier: 'LATEST',
        triggerConfig: '{ "payload": "", "enable": true, "cronExpression": "@every 5m" }',
      },
    ],
  }
  assert.deepEqual(plan(wanted({ triggers: [timer] }), remote).triggers, [
    { step: 'none', triggerName: 'timer' },
  ])
  const slower = { ...timer, triggerConfig: { ...timer.triggerConfig, cronExpression: '@every 9m' } }
  assert.equal(plan(wanted({ triggers: [slower] }), remote).triggers[0]?.step, 'update')
})

test('the type of a trigger cannot be changed', () => {
  const remote = { ...there, triggers: [{ triggerName: 'timer', triggerType: 'http' }] }
  assert.throws(() => plan(wanted({ triggers: [timer] }), remote), /type of a trigger cannot be changed/)
})

test('nothing is removed without --prune, and what is left is named', () => {
  const remote: Remote = {
    ...there,
    triggers: [{ triggerName: 'old', triggerType: 'http' }],
    asyncInvokeConfig: { maxAsyncRetryAttempts: 1 },
    reservedConcurrency: 5,
  }
  const careful = plan(wanted(), remote)
  assert.ok(isUnchanged(careful))
  assert.deepEqual(careful.leftAlone, ['trigger old', 'asyncInvokeConfig', 'concurrencyConfig'])
  const pruning = plan(wanted(), remote, { prune: true })
  assert.deepEqual(pruning.triggers, [{ step: 'remove', triggerName: 'old' }])
  assert.equal(pruning.asyncInvokeConfig, 'remove')
  assert.equal(pruning.concurrency, 'remove')
})

test('asynchronous settings and reserved concurrency are set when they differ', () => {
  const resource = wanted({
    asyncInvokeConfig: { qualifier: 'LATEST', maxAsyncRetryAttempts: 1 },
    reservedConcurrency: 0,
  })
  assert.equal(plan(resource, there).asyncInvokeConfig, 'put')
  assert.equal(plan(resource, there).concurrency, 'put')
  const same = {
    ...there,
    asyncInvokeConfig: { maxAsyncRetryAttempts: 1, functionArn: 'x' },
    reservedConcurrency: 0,
  }
  assert.ok(isUnchanged(plan(resource, same)))
})
