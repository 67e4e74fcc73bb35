/** A function and the API in front of it, from one file: deployed, called, changed, removed. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startPlatform } from './platform.ts'

const sYaml = (apis: string) => `
edition: 3.0.0
resources:
  gateway:
    component: apigateway
    props:
      group: { groupName: shop }
      plugins:
        - { pluginName: once, pluginType: trafficControl, pluginData: { unit: DAY, apiDefault: 1 } }
      apis:
        - apiName: get_order
          path: /orders/[orderId]
          auth: ANONYMOUS
          backend: { function: { functionName: orders } }
${apis}
  orders:
    component: fc3
    props: { functionName: orders, runtime: nodejs20, code: ./code, memorySize: 128 }
`
const limited = `        - apiName: limited
          path: /limited
          auth: ANONYMOUS
          backend: { mock: { body: hello } }
          plugins: [once]`

test('one file deploys a function and the APIs in front of it', {}, async (t: TestContext) => {
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-e2e-gateway-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 's.yaml')
  await mkdir(join(folder, 'code'))
  await writeFile(
    join(folder, 'code/index.js'),
    `exports.handler = async (event) => JSON.stringify({ statusCode: 200, body: JSON.parse(event).pathParameters.orderId })`,
  )
  await writeFile(file, sYaml(limited))
  const { must } = await startPlatform(t)

  const first = await must('deploy', '-t', file)
  const origin = /shop: (http:\S+)/.exec(first)?.[1]
  assert.ok(origin, first)
  // By path, which needs no name to be resolved.
  const { hostname, port } = new URL(origin)
  const call = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/proxy/${hostname.split('.')[0]}${path}`)
    return { status: answer.status, body: await answer.text() }
  }
  assert.deepEqual(await call('/orders/7').then(({ status, body }) => [status, body]), [200, '7'])
  assert.equal((await call('/limited')).body, 'hello')
  assert.equal((await call('/limited')).status, 429)

  assert.match(await must('deploy', '-t', file), /= orders: unchanged\n(.*\n)*= group shop: unchanged/)
  await writeFile(file, sYaml(''))
  assert.match(await must('deploy', '-t', file), /\? api limited: not in the file; left alone/)
  assert.equal((await call('/limited')).status, 429)
  assert.match(await must('deploy', '-t', file, '--prune'), /- api limited: remove/)
  assert.equal((await call('/limited')).status, 404)
  assert.equal((await call('/orders/8')).body, '8')
})
