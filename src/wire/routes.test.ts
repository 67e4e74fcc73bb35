import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MalformedPath, parseRoute, routerOf } from './routes.ts'

const routes = [
  'GET /',
  'GET /{bucket}',
  'GET /{bucket}?list-type=2',
  'GET /{bucket}?acl',
  'GET /{bucket}/{object+}',
  'GET /{bucket}/{object+}?acl',
  'PUT /{bucket}/{object+}',
  'GET /2023-03-30/functions',
  'GET /2023-03-30/functions/{functionName}',
  'POST /2023-03-30/functions/{functionName}/versions',
  'DELETE /2023-03-30/functions/{functionName}/versions/{versionId}',
]
const router = routerOf(routes.map((route) => ({ route, target: route })))

function found(method: string, url: string): [string, Record<string, string>] | undefined {
  const [path = '', query = ''] = url.split('?')
  const match = router.find(method, path, new URLSearchParams(query))
  return match && [match.target, match.path]
}

describe('a router', () => {
  const cases: [string, string, [string, Record<string, string>] | undefined][] = [
    ['GET', '/', ['GET /', {}]],
    ['GET', '/b', ['GET /{bucket}', { bucket: 'b' }]],
    ['GET', '/b/', ['GET /{bucket}', { bucket: 'b' }]],
    ['GET', '/b?acl', ['GET /{bucket}?acl', { bucket: 'b' }]],
    ['GET', '/b?acl=', ['GET /{bucket}?acl', { bucket: 'b' }]],
    ['GET', '/b?list-type=2', ['GET /{bucket}?list-type=2', { bucket: 'b' }]],
    ['GET', '/b?list-type=1', ['GET /{bucket}', { bucket: 'b' }]],
    ['GET', '/b/k', ['GET /{bucket}/{object+}', { bucket: 'b', object: 'k' }]],
    ['GET', '/b/k/', ['GET /{bucket}/{object+}', { bucket: 'b', object: 'k/' }]],
    ['GET', '/b//k', ['GET /{bucket}/{object+}', { bucket: 'b', object: '/k' }]],
    ['GET', '/b/k/l%2Fm%20n', ['GET /{bucket}/{object+}', { bucket: 'b', object: 'k/l/m n' }]],
    ['GET', '/b/k?acl', ['GET /{bucket}/{object+}?acl', { bucket: 'b', object: 'k' }]],
    ['GET', '/2023-03-30/functions', ['GET /2023-03-30/functions', {}]],
    [
      'GET',
      '/2023-03-30/functions/a%2Fb',
      ['GET /2023-03-30/functions/{functionName}', { functionName: 'a/b' }],
    ],
    [
      'DELETE',
      '/2023-03-30/functions/f/versions/1',
      [
        'DELETE /2023-03-30/functions/{functionName}/versions/{versionId}',
        { functionName: 'f', versionId: '1' },
      ],
    ],
    ['POST', '/2023-03-30/functions//versions', undefined],
    ['PUT', '/b', undefined],
    ['PATCH', '/b/k', undefined],
  ]
  for (const [method, url, expected] of cases) {
    it(`finds ${expected?.[0] ?? 'nothing'} for ${method} ${url}`, () =>
      assert.deepEqual(found(method, url), expected))
  }

  it('says which methods a path answers to', () => {
    assert.deepEqual(router.methodsOf('/b/k', new URLSearchParams()).sort(), ['GET', 'PUT'])
    assert.deepEqual(router.methodsOf('/2023-03-30/functions/f/versions', new URLSearchParams()).sort(), [
      'GET',
      'POST',
      'PUT',
    ])
  })

  it('does not take what is not percent-encoded UTF-8', () => {
    assert.throws(() => found('GET', '/b/%ff'), MalformedPath)
    assert.throws(() => found('GET', '/%E4%BD'), MalformedPath)
  })

  it('gives back any name that was encoded into a path', () => {
    const name = fc.string({ unit: 'binary', minLength: 1 }).map((text) => text.toWellFormed())
    fc.assert(
      fc.property(name, fc.array(name, { minLength: 1 }), (bucket, parts) => {
        const path = `/${encodeURIComponent(bucket)}/${parts.map(encodeURIComponent).join('/')}`
        const match = router.find('PUT', path, new URLSearchParams())
        assert.deepEqual(match?.path, { bucket, object: parts.join('/') })
      }),
    )
  })
})

describe('a route', () => {
  it('must be one', () => {
    assert.throws(() => parseRoute('/no/method'), /is not a route/)
    assert.throws(() => parseRoute('GET /{rest+}/more'), /only the last parameter/)
  })
})
