import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cloudNameOf } from './cloud-names.ts'

const known: Record<string, [service: string, zone: string]> = {
  'oss-cn-hangzhou.aliyuncs.com': ['oss', 'oss-cn-hangzhou.aliyuncs.com'],
  'photos.oss-cn-hangzhou.aliyuncs.com': ['oss', 'oss-cn-hangzhou.aliyuncs.com'],
  'photos.oss-us-west-1-internal.aliyuncs.com': ['oss', 'oss-us-west-1-internal.aliyuncs.com'],
  'photos.oss-accelerate.aliyuncs.com': ['oss', 'oss-accelerate.aliyuncs.com'],
  'photos.vpc100-oss-cn-hangzhou.aliyuncs.com': ['oss', 'vpc100-oss-cn-hangzhou.aliyuncs.com'],
  'photos.cn-hangzhou.oss.aliyuncs.com': ['oss', 'cn-hangzhou.oss.aliyuncs.com'],
  'inst.cn-hangzhou.ots.aliyuncs.com': ['ots', 'cn-hangzhou.ots.aliyuncs.com'],
  'inst.cn-hangzhou.ots-internal.aliyuncs.com': ['ots', 'cn-hangzhou.ots-internal.aliyuncs.com'],
  'inst.cn-hangzhou.tablestore.aliyuncs.com': ['ots', 'cn-hangzhou.tablestore.aliyuncs.com'],
  'inst.cn-hangzhou.vpc.tablestore.aliyuncs.com': ['ots', 'cn-hangzhou.vpc.tablestore.aliyuncs.com'],
  '1234567890123456.mns.cn-hangzhou.aliyuncs.com': ['mns', 'mns.cn-hangzhou.aliyuncs.com'],
  '1.mns.cn-hangzhou-internal.aliyuncs.com': ['mns', 'mns.cn-hangzhou-internal.aliyuncs.com'],
  '1.mns.cn-hangzhou-internal-vpc.aliyuncs.com': ['mns', 'mns.cn-hangzhou-internal-vpc.aliyuncs.com'],
  'mns-open.cn-hangzhou.aliyuncs.com': ['mns', 'mns-open.cn-hangzhou.aliyuncs.com'],
  'actiontrail.cn-hangzhou.aliyuncs.com': ['actiontrail', 'actiontrail.cn-hangzhou.aliyuncs.com'],
  'apigateway.cn-hangzhou.aliyuncs.com': ['apigateway', 'apigateway.cn-hangzhou.aliyuncs.com'],
  'apigateway-vpc.cn-beijing.aliyuncs.com': ['apigateway', 'apigateway-vpc.cn-beijing.aliyuncs.com'],
  'ram.aliyuncs.com': ['ram', 'ram.aliyuncs.com'],
  'sts.aliyuncs.com': ['sts', 'sts.aliyuncs.com'],
  'sts.cn-hangzhou.aliyuncs.com': ['sts', 'sts.cn-hangzhou.aliyuncs.com'],
  'sts-vpc.cn-hangzhou.aliyuncs.com': ['sts', 'sts-vpc.cn-hangzhou.aliyuncs.com'],
  '1.cn-hangzhou.fc.aliyuncs.com': ['fc', 'cn-hangzhou.fc.aliyuncs.com'],
  '1.cn-hangzhou-internal.fc.aliyuncs.com': ['fc', 'cn-hangzhou-internal.fc.aliyuncs.com'],
  'fcv3.cn-hangzhou.aliyuncs.com': ['fc', 'fcv3.cn-hangzhou.aliyuncs.com'],
  'fcv3-vpc.cn-hangzhou.aliyuncs.com': ['fc', 'fcv3-vpc.cn-hangzhou.aliyuncs.com'],
  'fc.cn-hangzhou.aliyuncs.com': ['fc', 'fc.cn-hangzhou.aliyuncs.com'],
  'project.cn-hangzhou-intranet.log.aliyuncs.com': ['log', 'cn-hangzhou-intranet.log.aliyuncs.com'],
}

const unknown = [
  ...[
    'aliyuncs.com',
    'www.aliyuncs.com',
    'ecs.aliyuncs.com',
    'ecs.cn-hangzhou.aliyuncs.com',
    'ram.cn-hangzhou.aliyuncs.com',
  ],
  ...['aliyun.com', 'oss-cn-hangzhou.aliyuncs.com.example.com', 'oss-cn-hangzhoualiyuncs.com', ''],
  ...['one.two.oss-cn-hangzhou.aliyuncs.com', 'cn-hangzhou.ots.aliyuncs.com', 'nossa.aliyuncs.com'],
  ...[
    '.oss-cn-hangzhou.aliyuncs.com',
    'a b.oss-cn-hangzhou.aliyuncs.com',
    'a\\.b.oss-cn-hangzhou.aliyuncs.com',
  ],
  'registry-vpc.cn-hangzhou.aliyuncs.com',
]

test('knows the names of the services that functions use, of any region and network', () => {
  for (const [host, [service, zone]] of Object.entries(known))
    assert.deepEqual(cloudNameOf(host), { service, zone }, host)
})

test('makes one certificate do for a name: it is its zone, or has one label more', () => {
  for (const host of Object.keys(known)) {
    const { zone } = cloudNameOf(host)!
    assert.ok(host === zone || host.slice(host.indexOf('.') + 1) === zone, host)
  }
})

test('leaves all other names alone', () => {
  for (const host of unknown) assert.equal(cloudNameOf(host), undefined, host)
})
