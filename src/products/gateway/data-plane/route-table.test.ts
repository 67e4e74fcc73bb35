import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { shapeOf } from '../definition/path-template.ts'
import { routeTable } from './route-table.ts'

const table = (...routes: [string, string][]) =>
  routeTable(routes.map(([method, path]) => ({ method, path, target: `${method} ${path}` })))
const segmentsIn = (path: string) => path.split('/').slice(1)

test('a part as written wins over a parameter, a parameter over everything below', () => {
  const { find } = table(
    ['GET', '/users/[id]'],
    ['GET', '/users/me'],
    ['GET', '/users/[id]/orders/[order]'],
    ['GET', '/users/me/*'],
    ['ANY', '/*'],
    ['GET', '/'],
  )
  for (const [path, target, parameters] of [
    ['/users/me', 'GET /users/me', {}],
    ['/users/7', 'GET /users/[id]', { id: '7' }],
    ['/users/7/orders/1', 'GET /users/[id]/orders/[order]', { id: '7', order: '1' }],
    // Parts as written are followed first.
    ['/users/me/orders/1', 'GET /users/me/*', {}],
    ['/users/me/pictures/1', 'GET /users/me/*', {}],
    ['/other/x/y', 'ANY /*', {}],
    ['/', 'GET /', {}],
  ] as const) {
    const found = find('GET', segmentsIn(path))
    assert.equal(found?.target, target, path)
    assert.deepEqual(Object.fromEntries(found.path), parameters)
  }
  assert.equal(find('POST', ['users', 'me'])?.target, 'ANY /*')
  assert.equal(find('GET', ['users', 'me', 'a', 'b'])?.restLength, 2)
})

test('an empty part is no parameter, and a method that has no API finds none', () => {
  const { find } = table(['GET', '/users/[id]'])
  assert.equal(find('GET', ['users', '']), undefined)
  assert.equal(find('POST', ['users', '1']), undefined)
  assert.equal(find('GET', ['users']), undefined)
  assert.equal(find('GET', ['users', '1', '2']), undefined)
})

test('whatever the paths are, a request finds one that it matches, and finds one when there is one', () => {
  const part = fc.constantFrom('a', 'b', '[x]', '[y]')
  const path = fc
    .tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(
      ([parts, open]) =>
        `/${parts.map((each, at) => each.replace(/[xy]/, (name) => name + at)).join('/')}${open ? '/*' : ''}`,
    )
  const asked = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(fc.uniqueArray(path, { selector: shapeOf, maxLength: 12 }), asked, (paths, segments) => {
      const found = table(...paths.map((each): [string, string] => ['GET', each])).find('GET', segments)
      const matching = paths.filter((each) => matches(segmentsIn(each), segments))
      assert.equal(found !== undefined, matching.length > 0)
      if (found) {
        assert.ok(matching.includes(found.target.slice('GET '.length)))
        const parts = segmentsIn(found.target.slice('GET '.length))
        for (const [name, value] of found.path) assert.equal(segments[parts.indexOf(`[${name}]`)], value)
      }
    }),
  )
})

function matches(parts: readonly string[], segments: readonly string[]): boolean {
  const isOpen = parts.at(-1) === '*'
  const fixed = isOpen ? parts.slice(0, -1) : parts
  if (isOpen ? segments.length < fixed.length : segments.length !== fixed.length) return false
  return fixed.every((part, at) => part.startsWith('[') || part === segments[at])
}
