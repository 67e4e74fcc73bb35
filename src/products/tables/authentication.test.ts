import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { memoryRowStore } from '../../drivers/memory/rows.ts'
import { nothing } from './messages/common.ts'
import { getRowRequest } from './messages/rows.ts'
import { BODY_BYTES_MAX } from './product.ts'
import { type Ask, NOW_MS, type RunningTables, rowOf, runningTables } from './tables.testing.ts'

let tables: RunningTables
before(async () => {
  tables = await runningTables({ records: memoryRecordStore(), rows: memoryRowStore() })
  await tables.createTable('t')
})
after(async () => {
  await tables.stop()
  assert.deepEqual(tables.defects, [])
})

const list: Ask = { operation: 'ListTable', body: nothing.encode({}) }
const skewed = (byMs: number): string => new Date(NOW_MS + byMs).toISOString()

async function assertRefused(
  wanted: Partial<Ask>,
  [status, code, message]: [number, string, string | RegExp],
  isSigned: boolean,
): Promise<void> {
  const answer = await tables.send({ ...list, ...wanted })
  assert.deepEqual([answer.status, answer.error?.code], [status, code], answer.error?.message)
  if (typeof message === 'string') assert.equal(answer.error?.message, message)
  else assert.match(answer.error?.message ?? '', message)
  assert.equal(answer.isSigned, isSigned)
}

describe('a request to Table Store', () => {
  it('is answered with a signature, whatever the answer', async () => {
    assert.deepEqual([(await tables.send(list)).status, (await tables.send(list)).isSigned], [200, true])
    const nowhere = nothing.encode({})
    await assertRefused(
      { operation: 'GetRow', body: nowhere },
      [400, 'OTSParameterInvalid', 'Parse PBMessage from RawString failed.'],
      true,
    )
  })

  it('is refused when its signature is another, and nobody signs that', async () => {
    const mismatch = [403, 'OTSAuthFailed', 'Signature mismatch.'] as [number, string, string]
    await assertRefused({ differs: { 'x-ots-signature': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' } }, mismatch, false)
    await assertRefused({ differs: { 'x-ots-instancename': 'other' } }, mismatch, false)
    await assertRefused({ differs: { 'x-ots-more': 'added' } }, mismatch, false)
    await assertRefused({ differs: { 'x-ots-signaturev4': 'AAAA' } }, mismatch, false)
    const unknown = { 'x-ots-accesskeyid': 'nobody' }
    await assertRefused(
      { headers: unknown },
      [403, 'OTSAuthFailed', 'The AccessKeyID does not exist.'],
      false,
    )
  })

  it('is refused with a token that is forged, expired, or for something else', async () => {
    for (const token of ['forged', 'expired'])
      await assertRefused({ headers: { 'x-ots-ststoken': token } }, [403, 'OTSAuthFailed', /token/], false)
    const upload = { 'x-ots-ststoken': 'upload' }
    await assertRefused({ headers: upload }, [403, 'OTSNoPermissionAccess', /no permission/], true)
  })

  it('is refused when its clock is more than 15 minutes off, and taken up to there', async () => {
    for (const byMs of [-900_000, 900_000])
      assert.equal((await tables.send({ ...list, headers: { 'x-ots-date': skewed(byMs) } })).status, 200)
    for (const byMs of [-901_000, 901_000]) {
      const date = skewed(byMs)
      const message = `Mismatch between system time and x-ots-date: ${date}.`
      await assertRefused({ headers: { 'x-ots-date': date } }, [403, 'OTSAuthFailed', message], true)
    }
    for (const date of ['yesterday', '1', '2026-01-01'])
      await assertRefused(
        { headers: { 'x-ots-date': date } },
        [400, 'OTSParameterInvalid', /date format/],
        true,
      )
  })

  it('is taken with the date that the SDK for Go sends', async () => {
    const answer = await tables.send({ ...list, headers: { 'x-ots-date': '2026-01-01T00:00:12.91310Z' } })
    assert.equal(answer.status, 200)
  })

  it('is refused without one of the headers, or with an instance that cannot be', async () => {
    for (const name of [
      'x-ots-apiversion',
      'x-ots-date',
      'x-ots-instancename',
      'x-ots-contentmd5',
      'x-ots-accesskeyid',
    ]) {
      const missing = [400, 'OTSParameterInvalid', `Missing header: '${name}'.`] as [number, string, string]
      await assertRefused({ headers: { [name]: undefined } }, missing, false)
    }
    for (const instance of ['../x', '1a', 'a/b'])
      await assertRefused({ instance }, [400, 'OTSParameterInvalid', /Invalid instance name/], true)
  })

  it('is refused when its body is not the one that was signed, is broken, or is too large', async () => {
    const md5 = { 'x-ots-contentmd5': '1B2M2Y8AsgTpgAmY7PhCfg==' }
    const body = getRowRequest.encode({
      table_name: 't',
      primary_key: rowOf(1),
      columns_to_get: [],
      max_versions: 1,
    })
    await assertRefused({ operation: 'GetRow', headers: md5, body }, [403, 'OTSAuthFailed', /MD5/], true)
    const large = Buffer.alloc(BODY_BYTES_MAX + 1)
    await assertRefused({ body: large }, [413, 'OTSRequestBodyTooLarge', /too large/], true)
  })

  it('is refused when it is compressed', async () => {
    const headers = { 'x-ots-request-compress-type': 'deflate' }
    await assertRefused({ headers }, [501, 'NotImplemented', /compressed/], true)
  })

  it('is refused with another method, or for an operation that nobody knows', async () => {
    await assertRefused({ method: 'GET', body: Buffer.alloc(0) }, [405, 'OTSMethodNotAllowed', /POST/], false)
    for (const operation of ['Nothing', 'ListTable/x', '', '%ff'])
      await assertRefused({ operation }, [400, 'OTSParameterInvalid', /Unsupported operation/], true)
    await assertRefused({ operation: 'tunnel/getrpo' }, [501, 'NotImplemented', /tunnel\/getrpo/], true)
  })

  it('is refused, and nothing else, with any bytes as body or as row', async () => {
    const bytes = fc.uint8Array({ maxLength: 80 })
    const operations = fc.constantFrom(
      'GetRow',
      'PutRow',
      'UpdateRow',
      'BatchWriteRow',
      'GetRange',
      'CreateTable',
      'tunnel/create',
      'tunnel/heartbeat',
      'tunnel/readrecords',
      'tunnel/checkpoint',
    )
    await fc.assert(
      fc.asyncProperty(operations, bytes, bytes, async (operation, body, row) => {
        const asRow = getRowRequest.encode({
          table_name: 't',
          primary_key: row,
          columns_to_get: [],
          max_versions: 1,
        })
        for (const answer of [
          await tables.send({ operation, body }),
          await tables.send({ operation: 'GetRow', body: asRow }),
        ]) {
          const { code = '' } = answer.error ?? {}
          assert.match(code, /^(OTS|NotImplemented$)/)
          assert.ok(answer.status < 500 || code === 'NotImplemented', answer.error?.message)
        }
      }),
      { numRuns: 60 },
    )
  })
})
