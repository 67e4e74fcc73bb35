import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { ConditionContext } from './conditions.ts'
import { verdictOf, verdictOfResource, verdictOfSession, verdictOfTrust } from './evaluate.ts'
import { MalformedPolicy, POLICY_LENGTH_MAX, parsePolicy } from './policy.ts'

const policyOf = (...statements: object[]) =>
  parsePolicy(JSON.stringify({ Version: '1', Statement: statements }), 'access')
const trustOf = (...statements: object[]) =>
  parsePolicy(JSON.stringify({ Version: '1', Statement: statements }), 'trust')
const allow = { Effect: 'Allow', Action: 'oss:*', Resource: 'acs:oss:*:*:photos/*' }
const request = (action: string, resource: string, context: ConditionContext = {}) => ({
  action,
  resource,
  context: () => context,
})
const photo = 'acs:oss:cn-hangzhou:1234567890123456:photos/a.png'

describe('the verdict of policies', () => {
  it('is no without any, yes by an Allow, and no by a Deny whatever else there is', () => {
    const deny = { Effect: 'Deny', Action: 'oss:DeleteObject', Resource: '*' }
    assert.equal(verdictOf([], request('oss:GetObject', photo)), 'implicitDeny')
    assert.equal(verdictOf([policyOf(allow)], request('oss:GetObject', photo)), 'allow')
    assert.equal(
      verdictOf([policyOf(allow), policyOf(deny)], request('oss:DeleteObject', photo)),
      'explicitDeny',
    )
    assert.equal(
      verdictOf([policyOf(deny, allow)], request('OSS:deleteobject', photo)),
      'explicitDeny',
      'case',
    )
  })

  it('minds the case of resources, not that of actions', () => {
    assert.equal(verdictOf([policyOf(allow)], request('OSS:getobject', photo)), 'allow')
    assert.equal(verdictOf([policyOf(allow)], request('oss:GetObject', photo.toUpperCase())), 'implicitDeny')
  })

  it('takes NotAction and NotResource as all but these', () => {
    const allBut = policyOf({ Effect: 'Allow', NotAction: 'ram:*', NotResource: ['acs:oss:*:*:secret/*'] })
    assert.equal(verdictOf([allBut], request('oss:GetObject', photo)), 'allow')
    assert.equal(verdictOf([allBut], request('ram:CreateUser', photo)), 'implicitDeny')
    assert.equal(verdictOf([allBut], request('oss:GetObject', 'acs:oss:cn:1:secret/a')), 'implicitDeny')
  })

  it('is the same in any order, and a Deny more never allows more', () => {
    const statement = fc.record({
      Effect: fc.constantFrom('Allow', 'Deny'),
      Action: fc.constantFrom('a:*', 'a:Get', 'a:Put', 'b:*', '*'),
      Resource: fc.constantFrom('*', 'acs:a:*', 'acs:a:x', 'acs:a:y'),
    })
    const asked = fc.record({
      action: fc.constantFrom('a:Get', 'a:Put', 'b:Get'),
      resource: fc.constantFrom('acs:a:x', 'acs:a:y'),
      context: fc.constant(() => ({})),
    })
    fc.assert(
      fc.property(
        fc.array(statement, { minLength: 1, maxLength: 6 }),
        statement,
        asked,
        (all, more, about) => {
          const covers = ({ Action, Resource }: typeof more) =>
            (Action === '*' || Action === about.action || Action === `${about.action[0]}:*`) &&
            (Resource === '*' || Resource === about.resource || Resource === 'acs:a:*')
          const effects = all.filter(covers).map(({ Effect }) => Effect)
          const expected = effects.includes('Deny')
            ? 'explicitDeny'
            : effects.includes('Allow')
              ? 'allow'
              : 'implicitDeny'
          assert.equal(verdictOf([policyOf(...all)], about), expected)
          assert.equal(
            verdictOf(
              all.toReversed().map((one) => policyOf(one)),
              about,
            ),
            expected,
          )
          const denied = verdictOf([policyOf(...all), policyOf({ ...more, Effect: 'Deny' })], about)
          assert.ok(denied === expected || denied === 'explicitDeny')
          // A session is at most what its role is.
          const session = verdictOfSession([policyOf(...all)], policyOf(more), about)
          assert.equal(
            session === 'allow',
            expected === 'allow' && more.Effect === 'Allow' && covers(more),
            'both have to allow',
          )
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('conditions', () => {
  const holds = (operator: string, key: string, values: unknown, context: ConditionContext) =>
    verdictOf(
      [
        policyOf({
          Effect: 'Allow',
          Action: '*',
          Resource: '*',
          Condition: { [operator]: { [key]: values } },
        }),
      ],
      request('a:b', 'acs:a', context),
    ) === 'allow'

  it('compare strings, numbers, times, truth and addresses', () => {
    for (const [operator, value, yes, no] of [
      ['StringEquals', 'a', 'a', 'A'],
      ['StringEqualsIgnoreCase', 'a', 'A', 'b'],
      ['StringLike', 'hangzhou/2015/*', 'hangzhou/2015/a', 'hangzhou/2016/a'],
      ['StringNotLike', 'a*', 'b', 'ab'],
      ['NumericLessThan', 10, '9.5', '10'],
      ['NumericLessThanEquals', '10', '10', '11'],
      ['NumericGreaterThan', 10, '11', '10'],
      ['NumericEquals', 10, '1e1', '11'],
      ['NumericNotEquals', 10, '11', '10.0'],
      ['DateLessThan', '2026-01-01T00:00:00+08:00', '2025-12-31T15:59:59Z', '2025-12-31T16:00:00Z'],
      ['DateGreaterThanEquals', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2025-12-31T23:59:59Z'],
      ['Bool', true, 'true', 'false'],
      ['IpAddress', '203.0.113.0/24', '203.0.113.9', '203.0.114.9'],
      ['IpAddress', '203.0.113.0/24', '::ffff:203.0.113.9', '::1'],
      ['IpAddress', '2001:db8::/32', '2001:db8::1', '2001:db9::1'],
      ['NotIpAddress', '127.0.0.1', '127.0.0.2', '127.0.0.1'],
    ] as const) {
      assert.equal(holds(operator, 'acs:K', value, { 'acs:k': yes }), true, `${operator} ${value} of ${yes}`)
      assert.equal(holds(operator, 'acs:K', value, { 'acs:K': no }), false, `${operator} ${value} of ${no}`)
    }
  })

  it('are alternatives within a key, and all needed beyond', () => {
    assert.equal(holds('StringEquals', 'a:K', ['x', 'y'], { 'a:K': 'y' }), true)
    assert.equal(holds('StringNotEquals', 'a:K', ['x', 'y'], { 'a:K': 'y' }), false)
    const both = policyOf({
      ...allow,
      Condition: { StringEquals: { 'a:K': 'x', 'a:L': 'y' }, Bool: { 'acs:SecureTransport': 'true' } },
    })
    const asked = (context: ConditionContext) => verdictOf([both], request('oss:GetObject', photo, context))
    assert.equal(asked({ 'a:K': 'x', 'a:L': 'y', 'acs:SecureTransport': 'true' }), 'allow')
    for (const missing of ['a:K', 'a:L', 'acs:SecureTransport']) {
      const context = { 'a:K': 'x', 'a:L': 'y', 'acs:SecureTransport': 'true', [missing]: undefined }
      assert.equal(asked(context), 'implicitDeny', missing)
    }
  })

  it('that are negated hold where the request has no such key', () => {
    assert.equal(holds('StringEquals', 'a:K', 'x', {}), false)
    assert.equal(holds('StringNotEquals', 'a:K', 'x', {}), true)
    assert.equal(holds('NotIpAddress', 'acs:SourceIp', '10.0.0.0/8', { 'acs:SourceIp': 'hidden' }), true)
    assert.equal(holds('NumericLessThan', 'a:K', 1, { 'a:K': 'many' }), false)
  })
})

describe('a trust policy', () => {
  const accountId = '1234567890123456'
  const trusts = (principal: object, arn: string) =>
    verdictOfTrust(
      trustOf({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal }),
      arn === 'fc' ? { is: 'service', name: 'fc.aliyuncs.com' } : { is: 'identity', accountId, arn },
      {},
    ) === 'allow'

  it('trusts whom it names, and nobody else', () => {
    const user = `acs:ram::${accountId}:user/ann`
    assert.equal(trusts({ Service: ['fc.aliyuncs.com'] }, 'fc'), true)
    assert.equal(trusts({ Service: ['oss.aliyuncs.com'] }, 'fc'), false)
    assert.equal(trusts({ RAM: ['acs:ram::9:root', user] }, user), true)
    assert.equal(trusts({ RAM: `acs:ram::${accountId}:root` }, user), true)
    assert.equal(trusts({ RAM: 'acs:ram::9:root' }, user), false)
    assert.equal(trusts({ RAM: `acs:ram::${accountId}:user/bob` }, user), false)
    assert.equal(trusts({ Service: user }, user), false)
  })
})

describe('a policy that is not understood', () => {
  it('is refused, whatever is wrong with it', () => {
    for (const text of [
      '',
      '[]',
      '{}',
      JSON.stringify({ Version: '1', Statement: [] }),
      JSON.stringify({ Version: '2', Statement: [allow] }),
      ...[
        { ...allow, Effect: 'allow' },
        { ...allow, Action: [] },
        { ...allow, Action: 'GetObject' },
        { ...allow, NotAction: 'a:b' },
        { ...allow, Resource: undefined },
        { ...allow, Resource: 'photos' },
        { ...allow, Principal: { RAM: '*' } },
        { ...allow, Actions: 'a:b' },
        { ...allow, Condition: { StringMatches: { 'a:K': 'x' } } },
        { ...allow, Condition: { NumericEquals: { 'a:K': 'x' } } },
        { ...allow, Condition: { IpAddress: { 'a:K': '10.0.0.0/33' } } },
        { ...allow, Condition: { DateEquals: { 'a:K': 'tomorrow' } } },
        { ...allow, Condition: { StringEquals: { K: 'x' } } },
        { ...allow, Condition: { toString: { 'a:K': 'x' } } },
      ].map((statement) => JSON.stringify({ Version: '1', Statement: [statement] })),
    ]) {
      assert.throws(() => parsePolicy(text, 'access'), MalformedPolicy, text)
    }
    assert.throws(() => trustOf({ Effect: 'Allow', Action: 'sts:AssumeRole' }), MalformedPolicy)
    assert.throws(() => trustOf({ ...allow, Principal: { RAM: '*' } }), MalformedPolicy)
  })

  it('never breaks the reader, nor does the largest one take long to ask', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        try {
          parsePolicy(text, 'access')
        } catch (error) {
          assert.ok(error instanceof MalformedPolicy)
        }
      }),
    )
    const pattern = `acs:${'*a'.repeat((POLICY_LENGTH_MAX - 200) / 2)}b`
    const heavy = policyOf({ Effect: 'Allow', Action: '*', Resource: pattern })
    assert.equal(verdictOf([heavy], request('a:b', `acs:${'a'.repeat(4000)}`)), 'implicitDeny')
    assert.equal(verdictOf([policyOf(allow)], request('a:b', 'a'.repeat(5000))), 'explicitDeny')
  })
})

describe('a policy of a resource', () => {
  const owner = { isOwner: true, names: ['1234567890123456'] }
  const ann = { isOwner: false, names: ['200000000000000001'] }
  const session = { isOwner: false, names: ['arn:sts::1234567890123456:assumed-role/Reader/s1'] }
  const nobody = { isOwner: false, names: [] }
  const by = (statement: object, caller: typeof owner, context: ConditionContext = {}) =>
    verdictOfResource(
      parsePolicy(
        JSON.stringify({ Version: '1', Statement: [{ Action: ['oss:GetObject'], ...statement }] }),
        'resource',
      ),
      caller,
      request('oss:GetObject', photo, context),
    )
  const all = [owner, ann, session, nobody]
  const deny = { Effect: 'Deny', Resource: ['acs:oss:*:1234567890123456:*/*'] }

  it('means whom it names', () => {
    const verdicts = (Principal: string[]) => all.map((caller) => by({ ...deny, Principal }, caller))
    const [no, none] = ['explicitDeny', 'implicitDeny'] as const
    assert.deepEqual(verdicts(['1234567890123456']), [no, none, none, none])
    assert.deepEqual(verdicts(['200000000000000001', '7']), [none, no, none, none])
    const sessions = (name: string) => verdicts([`arn:sts::1234567890123456:assumed-role/${name}`])
    assert.deepEqual(sessions('Reader/*'), [none, none, no, none])
    assert.deepEqual(sessions('Reader/s2'), [none, none, none, none])
    assert.deepEqual(verdicts(['7']), [none, none, none, none])
  })

  for (const Principal of [['*'], []]) {
    it(`for ${JSON.stringify(Principal)} means everybody, the owner only where it has a condition`, () => {
      assert.deepEqual(
        all.map((caller) => by({ ...deny, Principal }, caller)),
        ['implicitDeny', 'explicitDeny', 'explicitDeny', 'explicitDeny'],
      )
      const Condition = { NotIpAddress: { 'acs:SourceIp': ['10.0.0.0/8'] } }
      for (const caller of all) {
        const from = (address: string) =>
          by({ ...deny, Principal, Condition }, caller, { 'acs:SourceIp': address })
        assert.equal(from('192.0.2.1'), 'explicitDeny')
        assert.equal(from('10.1.2.3'), 'implicitDeny')
      }
    })
  }

  it('allows where it says so, and says nothing of other resources', () => {
    assert.equal(by({ Effect: 'Allow', Principal: ['*'], Resource: [photo] }, nobody), 'allow')
    assert.equal(by({ Effect: 'Allow', Principal: ['*'], Resource: [`${photo}x`] }, nobody), 'implicitDeny')
  })

  for (const [what, statement] of [
    ['without a Principal', { ...deny, Action: '*' }],
    ['with one as trust policies have it', { ...deny, Action: '*', Principal: { RAM: ['*'] } }],
    ['without a Resource', { Effect: 'Deny', Action: '*', Principal: ['*'] }],
    [
      'with a condition that is not known',
      { ...deny, Action: '*', Principal: [], Condition: { Is: { 'a:b': '1' } } },
    ],
  ] as const) {
    it(`${what} is refused`, () => {
      assert.throws(
        () => parsePolicy(JSON.stringify({ Version: '1', Statement: [statement] }), 'resource'),
        MalformedPolicy,
      )
    })
  }

  it('is the only one that may have a list of principals', () => {
    const statement = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: ['*'] }
    assert.throws(() => trustOf(statement), MalformedPolicy)
    assert.throws(() => policyOf({ ...statement, Resource: '*' }), MalformedPolicy)
  })
})
