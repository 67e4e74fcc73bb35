import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressOf } from './addressing.ts'

const domain = 'fcapp.localhost'

for (const [host, url, expected] of [
  ['hello.fcapp.localhost', '/a?b=c', 'hello LATEST /a?b=c anyCase'],
  ['HELLO.FCAPP.localhost:8080', '/', 'hello LATEST / anyCase'],
  ['prod.hello.fcapp.localhost', '/', 'hello prod / anyCase'],
  ['3.hello.fcapp.localhost:80', '/', 'hello 3 / anyCase'],
  ['latest.hello.fcapp.localhost', '/', 'hello LATEST / anyCase'],
  ['hello.fcapp.localhost.', '/', 'hello LATEST / anyCase'],
  ['hello.fcapp.localhost', '/proxy/other/x', 'hello LATEST /proxy/other/x anyCase'],
  ['127.0.0.1:8080', '/proxy/Hello', 'Hello LATEST / exact'],
  ['127.0.0.1:8080', '/proxy/Hello?x=1', 'Hello LATEST /?x=1 exact'],
  ['[::1]:8080', '/proxy/Hello/a/b?x=1', 'Hello LATEST /a/b?x=1 exact'],
  ['localhost', '/proxy/Hello.prod/a', 'Hello prod /a exact'],
  ['fcapp.localhost', '/proxy/Hello/a', 'Hello LATEST /a exact'],
  ['', '/proxy/Hello//a', 'Hello LATEST //a exact'],
  ['ignored', 'http://hello.fcapp.localhost/a?b', 'hello LATEST /a?b anyCase'],
  ['ignored', 'HTTP://hello.fcapp.localhost?b', 'hello LATEST /?b anyCase'],
  ['127.0.0.1', '/2016-08-15/proxy/s/f', 's$f LATEST / exact /2016-08-15/proxy/s/f'],
  ['127.0.0.1', '/2016-08-15/proxy/s/f?x=1', 's$f LATEST /?x=1 exact /2016-08-15/proxy/s/f'],
  ['127.0.0.1', '/2016-08-15/proxy/s.prod/f/a/b?x', 's$f prod /a/b?x exact /2016-08-15/proxy/s.prod/f'],
  ['127.0.0.1', '/2016-08-15/proxy/s.latest/f/', 's$f LATEST / exact /2016-08-15/proxy/s.latest/f'],
  ['hello.fcapp.localhost', '/2016-08-15/proxy/s/f', 'hello LATEST /2016-08-15/proxy/s/f anyCase'],
  ['127.0.0.1', '/2016-08-15/proxy/s', undefined],
  ['127.0.0.1', '/2016-08-15/proxy/s/', undefined],
  ['127.0.0.1', '/2016-08-15/proxy//f', undefined],
  ['127.0.0.1', '/2016-08-15/proxy/s./f', undefined],
  ['127.0.0.1', '/2016-08-15/proxy/.prod/f', undefined],
  ['a.b.hello.fcapp.localhost', '/', undefined],
  ['.fcapp.localhost', '/', undefined],
  ['.hello.fcapp.localhost', '/', undefined],
  ['hellofcapp.localhost', '/', undefined],
  ['localhost', '/', undefined],
  ['localhost', '/proxy/', undefined],
  ['localhost', '/proxy', undefined],
  ['localhost', '/proxy/.prod/', undefined],
  ['localhost', '/proxy/Hello./', undefined],
  ['hello.fcapp.localhost', '*', undefined],
] as const) {
  test(`'${host}' and '${url}' address ${expected ?? 'no function'}`, () => {
    const address = addressOf(host, url, domain)
    const { functionName, qualifier, target, match, basePath = '' } = address ?? {}
    const text = address && `${functionName} ${qualifier} ${target} ${match} ${basePath}`.trim()
    assert.equal(text, expected)
  })
}

test('whatever the path, a function addressed by path sees what follows its name', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,20}$/),
      fc.webPath(),
      fc.webQueryParameters(),
      (name, path, query) => {
        const target = `${path.startsWith('/') ? path : `/${path}`}?${query}`
        const address = addressOf('127.0.0.1:1', `/proxy/${name}${target}`, domain)
        assert.deepEqual([address?.functionName, address?.target], [name, target])
        const inService = addressOf('127.0.0.1:1', `/2016-08-15/proxy/s/${name}${target}`, domain)
        assert.deepEqual([inService?.functionName, inService?.target], [`s$${name}`, target])
        const byHost = addressOf(`${name}.${domain}:1`, target, domain)
        assert.deepEqual([byHost?.functionName, byHost?.target], [name.toLowerCase(), target])
      },
    ),
  )
})
