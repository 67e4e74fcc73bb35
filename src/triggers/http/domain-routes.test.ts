import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type RewriteRules, rewritten, routeOf } from './domain-routes.ts'

const routes = ['/', '/*', '/a', '/a/*', '/a/b/*', '/ab*'].map((path) => ({ path }))

for (const [target, expected] of [
  ['/', '/'],
  ['/?x=1', '/'],
  ['/x', '/*'],
  ['/a', '/a'],
  ['/a?b=/a/b/', '/a'],
  ['/a/', '/a/*'],
  ['/a/b', '/a/*'],
  ['/a/b/c/d', '/a/b/*'],
  ['/abc', '/ab*'],
  ['/A', '/*'],
] as const)
  test(`the path ${target} goes to the route ${expected}`, () => {
    assert.equal(routeOf(routes, target)?.path, expected)
  })

test('an exact route wins, else the longest beginning; without any the request has no route', () => {
  const paths = fc.stringMatching(/^(\/[ab]{0,2}){1,3}$/)
  fc.assert(
    fc.property(fc.array(fc.tuple(paths, fc.boolean())), paths, (given, path) => {
      const all = given.map(([text, open]) => ({ path: open ? `${text}*` : text }))
      const found = routeOf(all, path)
      const fitting = all.filter(
        (route) => path.startsWith(route.path.slice(0, -1)) && route.path.endsWith('*'),
      )
      if (all.some((route) => route.path === path)) assert.equal(found?.path, path)
      else if (fitting.length === 0) assert.equal(found, undefined)
      else assert.equal(found?.path.length, Math.max(...fitting.map((route) => route.path.length)))
    }),
  )
})

const rules = (kind: keyof RewriteRules, match: string, replacement: string): RewriteRules => ({
  equal: [],
  wildcard: [],
  regex: [],
  [kind]: [{ match, replacement }],
})

// The vendor's own examples.
for (const [kind, match, replacement, target, expected] of [
  ['equal', '/old', '/new', '/old', '/new'],
  ['equal', '/old', '/new', '/old?a=1', '/new?a=1'],
  ['equal', '/old', '/new', '/test/old', '/test/old'],
  ['equal', '/serviceName.Qualifier', '/serviceA', '/serviceName.Qualifier', '/serviceA'],
  ['wildcard', '/old', '/new', '/old', '/new'],
  ['wildcard', '/old', '/new', '/test/old', '/new'],
  ['wildcard', '^/old', '/new', '/old', '/new'],
  ['wildcard', '^/old', '/new', '/test/old', '/test/old'],
  ['wildcard', '/api/*', '/$1', '/api/getFunctionName', '/getFunctionName'],
  ['wildcard', '/api/*', '/$1', '/api/getFunctionName?Version=1', '/getFunctionName?Version=1'],
  ['wildcard', '/css/*', '/public/static/css/$1', '/css/style.css', '/public/static/css/style.css'],
  [
    'wildcard',
    '/ServiceName/*/FunctionName/*/Qualifier/*',
    '/$1.$3/$2',
    '/ServiceName/svc-a/FunctionName/func-a/Qualifier/1',
    '/svc-a.1/func-a',
  ],
  ['wildcard', '/f..c', '/helloworld', '/f..c', '/helloworld'],
  ['wildcard', '/f..c', '/helloworld', '/func', '/func'],
  ['regex', '^/old/[a-z]+/', '/new', '/old/ab/', '/new'],
  ['regex', '^/old/[a-z]+/', '/new', '/test/a-b/', '/test/a-b/'],
  ['regex', '^/api/.+?/(.*)', '/api/v2/$1', '/api/v1/test', '/api/v2/test'],
] as const)
  test(`${kind} ${match} → ${replacement} makes ${expected} of ${target}`, () => {
    assert.equal(rewritten(rules(kind, match, replacement), target), expected)
  })

test('one rule is applied: an equal one before a wildcard, and that before a regular expression', () => {
  const all: RewriteRules = {
    equal: [{ match: '/a', replacement: '/equal' }],
    wildcard: [{ match: '/a*', replacement: '/wildcard' }],
    regex: [{ match: '.*', replacement: '/regex' }],
  }
  assert.deepEqual(
    ['/a', '/ab', '/c'].map((target) => rewritten(all, target)),
    ['/equal', '/wildcard', '/regex'],
  )
})

test('whatever a rule makes of a request, it is a request line again', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('equal', 'wildcard', 'regex' as const),
      fc.string({ unit: 'binary' }),
      (kind, replacement) => {
        const match = kind === 'equal' ? '/a' : kind === 'wildcard' ? '/*' : '/(.*)'
        assert.match(rewritten(rules(kind, match, replacement), '/a'), /^\/[\x21-\x7e]*$/)
      },
    ),
  )
})

test('a regular expression that would take for ever elsewhere does not', () => {
  const target = `/${'a'.repeat(4000)}!`
  assert.equal(rewritten(rules('regex', '^/(a+)+$', '/x'), target), target)
  assert.equal(rewritten(rules('wildcard', '/*a*a*a*a*b', '/x'), target), target)
})
