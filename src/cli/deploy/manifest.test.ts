// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the expressions of an s.yaml, not of JavaScript
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { CommandFailed } from '../errors.ts'
import { readManifest } from './manifest.ts'
import { sizes } from './props.ts'

const read = (source: string, environment: NodeJS.ProcessEnv = {}) =>
  readManifest(source, { fileName: 's.yaml', environment, accountId: '123456789', region: 'cn-hangzhou' })
    .functions

const one = (props: string, rest = '') => `
edition: 3.0.0
${rest}
resources:
  main:
    component: fc3
    props:
      functionName: f
      runtime: nodejs20
      code: ./code
${props.replace(/^/gm, '      ')}
`

const refused = (source: string, message: RegExp) =>
  assert.throws(
    () => read(source),
    (error) => {
      assert.ok(error instanceof CommandFailed, String(error))
      assert.match(error.message, message)
      return true
    },
  )

test('what is left out has the defaults of the API, so that taking it out of the file resets it', () => {
  const [resource] = read(one(''))
  assert.deepEqual(resource?.spec, {
    functionName: 'f',
    description: '',
    runtime: 'nodejs20',
    handler: 'index.handler',
    cpu: 0.35,
    memorySize: 512,
    diskSize: 512,
    timeout: 3,
    instanceConcurrency: 1,
    environmentVariables: {},
    layers: [],
    role: '',
    internetAccess: true,
    logConfig: {},
    instanceLifecycleConfig: {},
  })
  assert.deepEqual(resource?.code, { from: 'path', path: './code' })
})

test('variables come from vars, the environment, the account and other properties, with the type they have', () => {
  const source = one(
    [
      'description: ${vars.greeting}, ${env("WHO")} and ${env(NOBODY, nobody)}',
      'memorySize: ${vars.memory}',
      'role: acs:ram::${config("AccountID")}:role/${this.props.functionName}',
      'environmentVariables: { OTHER: "${resources.main.props.runtime}", NESTED: "${vars.nested}" }',
    ].join('\n'),
    'vars: { greeting: Hello, memory: 1024, nested: "${vars.greeting}!" }',
  )
  const [resource] = read(source, { WHO: 'you' })
  assert.equal(resource?.spec.description, 'Hello, you and nobody')
  assert.equal(resource?.spec.memorySize, 1024)
  assert.equal(resource?.spec.role, 'acs:ram::123456789:role/f')
  assert.deepEqual(resource?.spec.environmentVariables, { OTHER: 'nodejs20', NESTED: 'Hello!' })
})

test('a template gives the properties that the resource does not', () => {
  const [resource] = read(`
edition: 3.0.0
template:
  base: { runtime: python3.12, timeout: 60, environmentVariables: { A: 1, B: 2 } }
resources:
  main:
    component: fc3
    extends: { name: base }
    props: { functionName: f, code: ./code, timeout: 5, environmentVariables: { B: 3 } }
`)
  assert.equal(resource?.spec.runtime, 'python3.12')
  assert.equal(resource?.spec.timeout, 5)
  assert.deepEqual(resource?.spec.environmentVariables, { A: '1', B: '3' })
})

test('a custom runtime listens on 9000 unless it says otherwise, and hooks have the timeout of the API', () => {
  const [resource] = read(
    one('instanceLifecycleConfig: { initializer: { handler: index.init } }\ninstanceConcurrency: 20').replace(
      'nodejs20',
      'custom.debian12',
    ),
  )
  assert.deepEqual(resource?.spec.customRuntimeConfig, { port: 9000 })
  assert.deepEqual(resource?.spec.instanceLifecycleConfig, {
    initializer: { timeout: 3, handler: 'index.init' },
  })
})

test('what is known to fc3 and not done here is warned of, never dropped silently', () => {
  const [resource] = read(one('customDomain: { domainName: auto }'))
  assert.deepEqual(resource?.warnings, [
    'resources.main.props.customDomain is not applied: hanshu deploy does not do that.',
  ])
})

for (const [why, source, message] of [
  [
    'an unknown property',
    one('memorysize: 512'),
    /resources\.main\.props\.memorysize is not known\. Did you mean memorySize\?/,
  ],
  [
    'an unknown property of a trigger',
    one('triggers: [{ triggerName: a, triggerType: http, triggerConfg: {} }]'),
    /triggers\.0\.triggerConfg is not known\. Did you mean triggerConfig\?/,
  ],
  ['a wrong type', one('timeout: soon'), /resources\.main\.props\.timeout/],
  [
    'two triggers of one name',
    one('triggers: [{ triggerName: a, triggerType: http }, { triggerName: a, triggerType: timer }]'),
    /two have the name a/,
  ],
  ['a variable that is not set', one('description: ${env("NOPE")}'), /no variable NOPE/],
  ['a variable that is not there', one('description: ${vars.nope}'), /\$\{vars\.nope\} has no value/],
  ['an expression of another kind', one('description: ${git.branch}'), /\$\{git\.branch\} is not understood/],
  ['a circle', one('description: ${vars.a}', 'vars: { a: "${vars.b}", b: "${vars.a}" }'), /refers to itself/],
  ['another edition', one('').replace('3.0.0', '1.0.0'), /edition is 1\.0\.0; this reads edition: 3\.0\.0/],
  ['another component', one('').replace('fc3', 'cdn'), /component is cdn; fc3 and apigateway can be/],
  ['broken YAML', 'edition: 3.0.0\nresources: {', /s\.yaml, line 2/],
  ['an empty file', '', /s\.yaml holds nothing usable/],
  ['a typo at the top', one('', 'resource: {}'), /resource is not known here\. Did you mean resources\?/],
  ['code that is missing', one('').replace('code: ./code', 'description: x'), /code is missing/],
] as const) {
  test(`${why} is refused, with the place`, () => refused(source, message))
}

test('two resources with the same function are refused', () => {
  const twice = `${one('')}  second:\n    component: fc3\n    props: { functionName: f, runtime: nodejs20, code: . }\n`
  refused(twice, /main and second have the same functionName f/)
})

test('the ratio of memory and CPU is one that the API takes, whichever is left out', () => {
  const inRange = ({ cpu, memorySize }: { cpu: number; memorySize: number }) => {
    const ratio = memorySize / 1024 / cpu
    assert.ok(ratio >= 1 && ratio <= 4, `${cpu} vCPU, ${memorySize} MB`)
    assert.equal(memorySize % 64, 0)
    assert.ok(Math.abs(cpu * 20 - Math.round(cpu * 20)) < 1e-9)
  }
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 16384 / 64 }), (steps) =>
      inRange(sizes({ memorySize: steps * 64 })),
    ),
  )
  fc.assert(fc.property(fc.integer({ min: 2, max: 16 * 20 }), (steps) => inRange(sizes({ cpu: steps / 20 }))))
})

test('every example can be read', () => {
  const examples = join(import.meta.dirname, '../../../examples')
  const folders = readdirSync(examples, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  assert.ok(folders.length >= 6)
  for (const { name } of folders) {
    const resources = read(readFileSync(join(examples, name, 's.yaml'), 'utf8'))
    assert.ok(resources.length > 0)
    // One that is more than a function is named after what it is.
    if (resources.length === 1) assert.equal(resources[0]?.functionName, name)
    for (const { warnings } of resources) assert.deepEqual(warnings, [])
  }
})
