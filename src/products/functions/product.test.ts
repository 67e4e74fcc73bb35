import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { get } from 'node:http'
import { test } from 'node:test'
import { ApiError } from '../../wire/api-error.ts'
import { built, operations } from './operations/index.ts'
import { notBuilt } from './operations/not-built.ts'
import { accountId, startTestbed } from './testbed.fixture.ts'

const kebab = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()

test('every operation is in a file of its name, and every file is in the table', () => {
  const files = readdirSync(new URL('operations/', import.meta.url))
    .filter((file) => file !== 'index.ts' && file !== 'not-built.ts' && !file.endsWith('.test.ts'))
    .sort()
  assert.deepEqual(built.map(({ name }) => `${kebab(name)}.ts`).sort(), files)
})

test('the 69 operations of API 2023-03-30, and InstanceExec, are in the table once each', () => {
  const vendor = operations.filter(({ route }) => route.includes(' /2023-03-30/'))
  assert.equal(new Set(vendor.map(({ name }) => name)).size, 70)
  assert.equal(new Set(operations.map(({ route }) => route)).size, operations.length)
})

test('what is not built says so by name', async () => {
  const bed = await startTestbed()
  try {
    for (const { name, route } of notBuilt) {
      const [method = '', path = ''] = route.split(' ')
      const { status, json } = await bed.call(method, path.replaceAll(/\{\w+\}/g, 'x'))
      assert.deepEqual([status, json.Code], [501, 'NotImplemented'], name)
      assert.match(json.Message, new RegExp(name))
    }
  } finally {
    await bed.close()
  }
})

test('a path that nothing answers to is an error in the words of the vendor', async () => {
  const bed = await startTestbed()
  try {
    const { status, json } = await bed.call('GET', '/2023-03-30/nothing?x=1')
    assert.deepEqual([status, json.Code], [400, 'PathNotSupported'])
    assert.equal(json.Message, "'GET' against '/2023-03-30/nothing' is not supported")
    const old = await bed.call('GET', '/2016-08-15/nothing')
    assert.deepEqual(old.json, {
      ErrorCode: 'PathNotSupported',
      ErrorMessage: "'GET' against '/2016-08-15/nothing' is not supported",
    })
    assert.equal((await bed.call('GET', '/2021-04-06/nothing')).json.Code, 'PathNotSupported')
    assert.equal((await bed.call('PATCH', '/2023-03-30/functions')).status, 400)
    assert.equal((await bed.call('GET', '/2023-03-30/functions/%E0%A4%A')).json.Code, 'InvalidArgument')
  } finally {
    await bed.close()
  }
})

test('a caller who is not let in gets nowhere, except by a link to code', async () => {
  const denied = new ApiError('SignatureNotMatch', 403, 'no')
  let letIn = true
  const bed = await startTestbed({
    authenticate: () => {
      if (!letIn) throw denied
      return { accountId }
    },
  })
  try {
    await bed.createFunction('f')
    const { json } = await bed.call('GET', '/2023-03-30/functions/f/code')
    letIn = false
    for (const path of ['/2023-03-30/functions', '/hanshu/status', '/hanshu/functions/f/logs', '/nothing']) {
      assert.equal((await bed.call('GET', path)).json.Code, 'SignatureNotMatch', path)
    }
    assert.equal((await bed.call('GET', new URL(json.url).pathname)).status, 200)
    assert.equal((await bed.call('GET', '/hanshu/code/x.y')).json.Code, 'AccessDenied')
  } finally {
    await bed.close()
  }
})

test('a link names the host that the client used, with the port it connected to', async () => {
  const bed = await startTestbed()
  try {
    await bed.createFunction('f')
    const port = bed.endpoint.split(':')[1]
    const linkFor = (host: string): Promise<string> =>
      new Promise((resolve, reject) => {
        get(`http://${bed.endpoint}/2023-03-30/functions/f/code`, { headers: { host } }, (response) => {
          response.setEncoding('utf8').on('data', (text) => resolve(JSON.parse(text).url))
        }).on('error', reject)
      })
    assert.ok((await linkFor('fc.example:8080')).startsWith('http://fc.example:8080/hanshu/code/'))
    assert.ok((await linkFor('127.0.0.1')).startsWith(`http://127.0.0.1:${port}/hanshu/code/`))
    assert.ok((await linkFor('a b/c')).startsWith(`http://localhost:${port}/hanshu/code/`))
  } finally {
    await bed.close()
  }
})

test('tempBucketToken is answered in the form of 2016-08-15', async () => {
  const bed = await startTestbed()
  try {
    assert.deepEqual((await bed.call('GET', '/2016-08-15/tempBucketToken')).json, {
      credentials: {
        AccessKeyId: 'STS.id',
        AccessKeySecret: 'secret',
        SecurityToken: 'token',
        Expiration: '2026-01-01T01:00:00Z',
      },
      ossRegion: 'oss-cn-hangzhou',
      ossBucket: 'fc-code',
      objectName: `tmp/${accountId}.zip`,
    })
  } finally {
    await bed.close()
  }
})

test('logs come as lines of JSON, and the status as it is', async () => {
  const bed = await startTestbed()
  try {
    await bed.createFunction('f')
    const query = 'requestId=r1&since=2026-01-01T00:00:00Z&limit=5&cursor=c'
    const { text, headers } = await bed.call('GET', `/hanshu/functions/f/logs?${query}`)
    assert.equal(headers.get('content-type'), 'application/x-ndjson')
    assert.equal(text, '{"cursor":"1","text":"hello"}\n{"cursor":"2","text":"world"}\n')
    const { signal: _, ...request } = bed.logRequests.at(-1)!
    assert.deepEqual(request, {
      accountId,
      functionName: 'f',
      requestId: 'r1',
      instanceId: undefined,
      sinceMs: Date.UTC(2026, 0, 1),
      limit: 5,
      cursor: 'c',
      follow: false,
    })
    const followed = await bed.call('GET', '/hanshu/functions/f/logs?follow=true')
    assert.ok(followed.text.startsWith('\n{'))
    for (const wrong of ['since=x', 'limit=0', 'limit=10001', 'follow=1']) {
      assert.equal((await bed.call('GET', `/hanshu/functions/f/logs?${wrong}`)).status, 400, wrong)
    }
    const nobody = await bed.call('GET', '/hanshu/functions/nobody/logs')
    assert.deepEqual([nobody.status, nobody.json.Code], [404, 'FunctionNotFound'])
    assert.deepEqual((await bed.call('GET', '/hanshu/status')).json, { functions: 3 })
    for (const kept of ['snapshot', 'scrub']) {
      const { status, json } = await bed.call('POST', `/hanshu/${kept}`)
      assert.deepEqual([status, json.Code], [412, 'PreconditionFailed'])
    }
  } finally {
    await bed.close()
  }
})

test('following the logs ends when the client leaves', async () => {
  let ended: () => void = () => {}
  const end = new Promise<void>((resolve) => {
    ended = resolve
  })
  const bed = await startTestbed({
    functionLogs: {
      async *read({ signal }) {
        try {
          yield { cursor: '1' }
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        } finally {
          ended()
        }
      },
    },
  })
  try {
    await bed.createFunction('f')
    get(`http://${bed.endpoint}/hanshu/functions/f/logs?follow=true`, (response) => {
      response.on('error', () => {})
      response.once('data', () => response.destroy())
    })
    await end
  } finally {
    await bed.close()
  }
})
