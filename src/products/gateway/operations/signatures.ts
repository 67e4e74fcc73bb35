import { bound, boundApis, checkRoomForPolicy, namedApis, unbound, unboundEverywhere } from '../bindings.ts'
import { invalid, notFound } from '../errors.ts'
import type { Parameters } from '../parameters.ts'
import type { SignatureRecord } from '../records.ts'
import { type Call, type Document, newestFirst, newHexId, operation, paged } from '../vocabulary.ts'

const ofSignature = (parameters: Parameters) => `secretkey/${parameters.optional('SignatureId') ?? '*'}`

function signatureOf({ catalog, parameters }: Call): SignatureRecord {
  const signature = catalog.get('signatures', parameters.required('SignatureId'))
  if (!signature) throw notFound('Signature')
  return signature
}

/** Lengths as the SDK's comments have them. */
function checked(name: 'SignatureName' | 'SignatureKey' | 'SignatureSecret', value: string): string {
  const form = {
    SignatureName: /^[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]{3,49}$/,
    SignatureKey: /^[A-Za-z][A-Za-z0-9_]{5,19}$/,
    SignatureSecret: /^[A-Za-z][A-Za-z0-9_@!*#$&-]{5,29}$/,
  }[name]
  if (!form.test(value)) throw invalid(name)
  return value
}

export const createSignature = operation({
  name: 'CreateSignature',
  resource: ofSignature,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { parameters, now } = call
      checkRoomForPolicy(call)
      const signature: SignatureRecord = {
        id: newHexId(call),
        name: checked('SignatureName', parameters.required('SignatureName')),
        key: checked('SignatureKey', parameters.required('SignatureKey')),
        secret: checked('SignatureSecret', parameters.required('SignatureSecret')),
        createdTime: now,
        modifiedTime: now,
      }
      return {
        changes: [{ put: 'signatures', value: signature }],
        result: { SignatureId: signature.id, SignatureName: signature.name },
      }
    }),
})

export const modifySignature = operation({
  name: 'ModifySignature',
  resource: ofSignature,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { parameters, now } = call
      const before = signatureOf(call)
      const given = (name: 'SignatureName' | 'SignatureKey' | 'SignatureSecret', value: string) => {
        const text = parameters.optional(name)
        return text === undefined ? value : checked(name, text)
      }
      const signature: SignatureRecord = {
        ...before,
        name: given('SignatureName', before.name),
        key: given('SignatureKey', before.key),
        secret: given('SignatureSecret', before.secret),
        modifiedTime: now,
      }
      return {
        changes: [{ put: 'signatures', value: signature }],
        result: { SignatureId: signature.id, SignatureName: signature.name },
      }
    }),
})

export const deleteSignature = operation({
  name: 'DeleteSignature',
  resource: ofSignature,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { id } = signatureOf(call)
      return { changes: [...unboundEverywhere(call, id), { remove: 'signatures', id }], result: {} }
    }),
})

export const setSignatureApis = operation({
  name: 'SetSignatureApis',
  resource: ofSignature,
  handle: (call) =>
    call.catalog.change<Document>(() => ({
      changes: bound(call, namedApis(call), 'signature', signatureOf(call).id),
      result: {},
    })),
})

export const removeSignatureApis = operation({
  name: 'RemoveSignatureApis',
  resource: ofSignature,
  handle: (call) =>
    call.catalog.change<Document>(() => ({
      changes: unbound(call, namedApis(call), 'signature', signatureOf(call).id),
      result: {},
    })),
})

export const describeSignatures = operation({
  name: 'DescribeSignatures',
  resource: ofSignature,
  handle(call) {
    const [id, name] = ['SignatureId', 'SignatureName'].map((each) => call.parameters.optional(each))
    const found = call.catalog
      .all('signatures')
      .filter(
        (each) => (id === undefined || each.id === id) && (name === undefined || each.name.includes(name)),
      )
      .sort(newestFirst)
    const { page, facts } = paged(call, found)
    return {
      ...facts,
      SignatureInfos: {
        SignatureInfo: page.map((each) => ({
          SignatureId: each.id,
          SignatureName: each.name,
          SignatureKey: each.key,
          SignatureSecret: each.secret,
          RegionId: call.region,
          CreatedTime: each.createdTime,
          ModifiedTime: each.modifiedTime,
        })),
      },
    }
  },
})

export const describeApisBySignature = operation({
  name: 'DescribeApisBySignature',
  resource: ofSignature,
  handle(call) {
    const { page, facts } = paged(call, boundApis(call, signatureOf(call).id))
    return { ...facts, ApiInfos: { ApiInfo: page } }
  },
})
