/**
 * Functions as they are written for the cloud: the vendor's SDKs, told a region, an instance or an account and never an
 * endpoint, with the credentials of the function's role. Nothing in the code that runs here says where the platform is.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findProgram } from '../../../src/drivers/sandbox/run-program.ts'
import { createFunction, invoke, models, type Sdk, zipOf } from '../../clients.fixture.ts'
import { packageFiles } from '../../packages.fixture.ts'
import { type Bed, noIsolation, sharedPlatform } from '../conformance.fixture.ts'
import { role } from '../identity/identity.fixture.ts'
import { ossClient } from '../objects/objects.fixture.ts'

/** Each entry does something in one service, and answers what it saw. */
const source = `
const dns = require('node:dns/promises')
const [accountId, region] = ['1234567890123456', 'cn-hangzhou']
const things = {
  async oss({ key, ...more }, { accessKeyId, accessKeySecret, securityToken: stsToken }) {
    const OSS = require('ali-oss')
    const oss = new OSS({ region: 'oss-' + region, bucket: 'photos', accessKeyId, accessKeySecret, stsToken, ...more })
    await oss.put(key, Buffer.from('from a function'))
    const { content } = await oss.get(key)
    const { buckets } = await oss.listBuckets()
    // Anybody may go to the address that it signs: Node.js itself does.
    const signed = oss.signatureUrl(key)
    const response = await fetch(signed)
    return { content: content.toString(), buckets: buckets.map(({ name }) => name), signed, fetched: await response.text() }
  },
  async ots({ endpoint }, { accessKeyId, accessKeySecret, securityToken }) {
    const TableStore = require('tablestore')
    const ots = new TableStore.Client({
      accessKeyId, secretAccessKey: accessKeySecret, stsToken: securityToken, endpoint, instancename: 'inst', maxRetries: 0,
    })
    const { table_names } = await ots.listTable({})
    return table_names ?? []
  },
  async mns({ queue, ...more }, keys) {
    const MNS = require('@alicloud/mns')
    const mns = new MNS(accountId, { region, ...keys, ...more })
    await mns.createQueue(queue, {})
    await mns.sendMessage(queue, { MessageBody: Buffer.from('hello').toString('base64') })
    const { body } = await mns.receiveMessage(queue, 0)
    await mns.deleteQueue(queue)
    return Buffer.from(body.MessageBody, 'base64').toString()
  },
  async sts({ endpoint }, keys) {
    const { RPCClient } = require('@alicloud/pop-core')
    const sts = new RPCClient({ ...keys, endpoint, apiVersion: '2015-04-01' })
    return sts.request('GetCallerIdentity')
  },
  async rpc({ endpoint, apiVersion, operation }, keys) {
    const { RPCClient } = require('@alicloud/pop-core')
    return new RPCClient({ ...keys, endpoint, apiVersion }).request(operation)
  },
  async fc(more, { accessKeyId: accessKeyID, accessKeySecret, securityToken }) {
    const FC = require('@alicloud/fc2')
    const fc = new FC(accountId, { region, accessKeyID, accessKeySecret, securityToken, ...more })
    const { data } = await fc.listServices()
    return data.services
  },
  async lookup({ names }) {
    return Promise.all(names.map((name) => dns.lookup(name).then(({ address }) => address, ({ code }) => code)))
  },
  async refused({ url }) {
    const response = await fetch(url)
    return [response.status, await response.text()]
  },
}
exports.handler = async (event, { credentials }) => {
  const { what, ...more } = JSON.parse(event)
  return { saw: await things[what](more, credentials) }
}`

/** What the function saw. */
async function saw(client: Sdk, functionName: string, event: object): Promise<Sdk> {
  const { body, headers } = await invoke(client, functionName, JSON.stringify(event))
  assert.equal(headers['x-fc-error-type'], undefined, body)
  return JSON.parse(body).saw
}

async function prepare({ platform, client }: Bed, ...packages: readonly string[]): Promise<void> {
  await ossClient(platform).putBucket('photos')
  const roleArn = await role(platform, 'app', {
    trusts: { Service: ['fc.aliyuncs.com'] },
    statements: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  })
  const zipFile = await zipOf({ 'index.js': source, ...packageFiles(...packages) })
  const code = new models.InputCodeLocation({ zipFile })
  const fields = { files: {}, code, role: roleArn, timeout: 60, memorySize: 1024 }
  await createFunction(client, { functionName: 'offline', internetAccess: false, ...fields })
  await createFunction(client, { functionName: 'online', internetAccess: true, ...fields })
}

const wire = [
  { secure: false, scheme: 'http' },
  { secure: true, scheme: 'https' },
]

describe('a function without an endpoint', { skip: noIsolation }, () => {
  const packages = ['ali-oss', 'tablestore', '@alicloud/mns', '@alicloud/pop-core', '@alicloud/fc2']
  const bed = sharedPlatform({ sandbox: 'oci' }, (made) => prepare(made, ...packages))

  for (const { secure, scheme } of wire) {
    for (const internal of [false, true]) {
      test(`reaches its buckets by ${scheme}, ${internal ? 'within' : 'from outside'} the vendor's network`, async () => {
        for (const authorizationV4 of [false, true]) {
          const key = `${scheme}/${internal}/${authorizationV4}.txt`
          const event = { what: 'oss', key, secure, internal, authorizationV4 }
          const { content, fetched, buckets, signed } = await saw(bed.client, 'offline', event)
          assert.deepEqual([content, fetched], ['from a function', 'from a function'])
          assert.ok(buckets.includes('photos'))
          const suffix = internal ? '-internal' : ''
          assert.ok(signed.startsWith(`${scheme}://photos.oss-cn-hangzhou${suffix}.aliyuncs.com/`), signed)
          const oss = ossClient(bed.platform)
          oss.useBucket('photos')
          assert.equal((await oss.get(key)).content.toString(), 'from a function')
        }
      })
    }

    test(`reaches its tables by ${scheme}`, async () => {
      for (const zone of ['cn-hangzhou.ots', 'cn-hangzhou.vpc.tablestore', 'us-west-1.ots-internal']) {
        const endpoint = `${scheme}://inst.${zone}.aliyuncs.com`
        assert.deepEqual(await saw(bed.client, 'offline', { what: 'ots', endpoint }), [])
      }
    })

    test(`reaches its queues by ${scheme}`, async () => {
      for (const network of [{}, { internal: true }, { internal: true, vpc: true }]) {
        const event = { what: 'mns', queue: `q-${scheme}-${Object.keys(network).length}`, secure, ...network }
        assert.equal(await saw(bed.client, 'offline', event), 'hello')
      }
    })

    test(`is told by STS, by ${scheme}, that it is its role`, async () => {
      for (const host of ['sts', 'sts.cn-hangzhou', 'sts-vpc.cn-beijing']) {
        const endpoint = `${scheme}://${host}.aliyuncs.com`
        const { Arn } = await saw(bed.client, 'offline', { what: 'sts', endpoint })
        assert.match(Arn, /^acs:ram::1234567890123456:assumed-role\/app\//)
      }
    })

    test(`manages users and looks at the trail by ${scheme}`, async () => {
      const rpc = (host: string, apiVersion: string, operation: string) => {
        const endpoint = `${scheme}://${host}.aliyuncs.com`
        return saw(bed.client, 'offline', { what: 'rpc', endpoint, apiVersion, operation })
      }
      assert.equal((await rpc('ram', '2015-05-01', 'ListUsers')).IsTruncated, false)
      const { Events } = await rpc('actiontrail.cn-hangzhou', '2020-07-06', 'LookupEvents')
      assert.ok(Events.length > 0)
    })

    test(`reaches the API of Function Compute by ${scheme}`, async () => {
      for (const internal of [false, true])
        assert.deepEqual(await saw(bed.client, 'offline', { what: 'fc', secure, internal }), [])
    })
  }

  test('does the same when it may reach the internet', async () => {
    for (const { secure } of wire) {
      const { fetched } = await saw(bed.client, 'online', { what: 'oss', key: 'online.txt', secure })
      assert.equal(fetched, 'from a function')
    }
  })

  test('finds the platform by these names only', async () => {
    const ours = ['photos.oss-cn-hangzhou.aliyuncs.com', 'STS.aliyuncs.com']
    const others = [
      'oss-cn-hangzhou.aliyuncs.com.example.invalid',
      'notoss.aliyuncs.com.invalid',
      'localhost',
    ]
    const addresses = await saw(bed.client, 'offline', { what: 'lookup', names: [...ours, ...others] })
    assert.match(addresses[0], /^10\.\d+\.0\.1$/)
    assert.deepEqual(addresses, [addresses[0], addresses[0], addresses[2], addresses[3], '127.0.0.1'])
    for (const address of addresses.slice(2, 4)) assert.match(address, /^(ENOTFOUND|EAI_AGAIN)$/)
  })

  test('is told when a service is not there, and when the name is of none', async () => {
    const url = 'https://project.cn-hangzhou.log.aliyuncs.com/logstores'
    const [status, text] = await saw(bed.client, 'offline', { what: 'refused', url })
    assert.deepEqual([status, /NotImplemented/.test(text)], [501, true], text)
  })

  test('is Python: urllib trusts the platform as it trusts the vendor', async () => {
    const python = `import json, ssl, urllib.error, urllib.request
def handler(event, context):
    seen = []
    for url in json.loads(event):
        try:
            urllib.request.urlopen(url, timeout=20)
        except urllib.error.HTTPError as error:
            seen.append([error.code, error.headers.get('server'), error.headers.get('x-oss-request-id') is not None])
    # A list of its own, as strict as Python can be about what is in certificates.
    strict = ssl.create_default_context(cafile='/etc/ssl/certs/hanshu.pem')
    strict.verify_flags |= 0x20
    try:
        urllib.request.urlopen(json.loads(event)[0], timeout=20, context=strict)
    except urllib.error.HTTPError as error:
        seen.append(error.code)
    return seen
`
    await createFunction(bed.client, {
      functionName: 'python',
      files: { 'index.py': python },
      runtime: 'python3.10',
      internetAccess: false,
      timeout: 60,
    })
    const urls = ['https', 'http'].map((scheme) => `${scheme}://photos.oss-cn-hangzhou.aliyuncs.com/none.txt`)
    const { body } = await invoke(bed.client, 'python', JSON.stringify(urls))
    assert.deepEqual(JSON.parse(body), [[403, 'AliyunOSS', true], [403, 'AliyunOSS', true], 403])
  })

  test('is a program of its own: curl and Node.js of a custom runtime trust the platform', async () => {
    const server = `const { createServer } = require('node:http'), { execFileSync } = require('node:child_process')
const url = 'https://photos.oss-cn-hangzhou.aliyuncs.com/none.txt'
createServer(async (request, response) => {
  const curl = ['-s', '-o', '/dev/null', '-w', '%{http_code}', url]
  const cleared = execFileSync('env', ['-i', 'curl', ...curl]).toString()
  response.end(JSON.stringify([(await fetch(url)).status, execFileSync('curl', curl).toString(), cleared]))
}).listen(9000, '0.0.0.0')`
    await createFunction(bed.client, {
      functionName: 'custom',
      files: {
        'server.js': server,
        bootstrap: { content: '#!/bin/sh\nexec node server.js\n', mode: 0o100755 },
      },
      runtime: 'custom',
      internetAccess: false,
      timeout: 60,
      customRuntimeConfig: new models.CustomRuntimeConfig({ command: ['/code/bootstrap'], port: 9000 }),
    })
    const { body } = await invoke(bed.client, 'custom')
    assert.deepEqual(JSON.parse(body), [403, '403', '403'], body)
  })
})

for (const runtime of ['runsc', 'runc']) {
  const missing = noIsolation || ((await findProgram(runtime)) ? false : `${runtime} is not installed`)
  describe(`a function without an endpoint, with ${runtime}`, { skip: missing }, () => {
    const bed = sharedPlatform({ sandbox: 'oci', environment: { HANSHU_OCI_RUNTIME: runtime } }, (made) =>
      prepare(made, 'ali-oss'),
    )
    test('reaches its buckets by http and https, on the internet or not', async () => {
      for (const { secure } of wire) {
        for (const functionName of ['offline', 'online']) {
          const event = { what: 'oss', key: 'a.txt', secure }
          assert.equal((await saw(bed.client, functionName, event)).fetched, 'from a function')
        }
      }
    })
  })
}

describe('where the names are to lead to the cloud', { skip: noIsolation }, () => {
  const bed = sharedPlatform({ sandbox: 'oci', environment: { HANSHU_CLOUD_NAMES: 'cloud' } })
  test('they are no names of the platform', async () => {
    await createFunction(bed.client, {
      functionName: 'asks',
      files: { 'index.js': source },
      internetAccess: false,
    })
    const names = ['photos.oss-cn-hangzhou.aliyuncs.com']
    const [address] = await saw(bed.client, 'asks', { what: 'lookup', names })
    assert.match(address, /^(ENOTFOUND|EAI_AGAIN)$/)
  })
})
