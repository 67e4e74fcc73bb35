import { bound, boundApis, checkRoomForPolicy, namedApis, unbound, unboundEverywhere } from '../bindings.ts'
import { isAddress } from '../data-plane/policies/addresses.ts'
import { invalid, missing, notFound } from '../errors.ts'
import type { Parameters } from '../parameters.ts'
import type { IpControlItem, IpControlRecord } from '../records.ts'
import { type Call, type Document, newestFirst, newHexId, operation, paged } from '../vocabulary.ts'

const ofControl = (parameters: Parameters) => `ipcontrol/${parameters.optional('IpControlId') ?? '*'}`
/** The vendor's limits. */
const ITEMS_MAX = 100
const ADDRESSES_OF_ITEM_MAX = 10

function controlOf({ catalog, parameters }: Call): IpControlRecord {
  const control = catalog.get('ipControls', parameters.required('IpControlId'))
  if (!control) throw notFound('IpControl')
  return control
}

function checkName(name: string): string {
  if (!/^[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]{3,49}$/.test(name)) throw invalid('IpControlName')
  return name
}

function itemIn(call: Call, parameters: Parameters): IpControlItem {
  const addresses = parameters
    .required('CidrIp')
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each !== '')
  if (addresses.length === 0) throw missing('CidrIp')
  if (addresses.length > ADDRESSES_OF_ITEM_MAX)
    throw invalid('CidrIp', `It names more than ${ADDRESSES_OF_ITEM_MAX}.`)
  for (const address of addresses)
    if (!isAddress(address)) throw invalid('CidrIp', `'${address}' is no address.`)
  const appId = parameters.optional('AppId') ?? ''
  if (appId !== '' && !call.catalog.get('apps', appId)) throw notFound('App')
  return {
    itemId: newHexId(call),
    cidrIp: addresses.join(';'),
    appId,
    createdTime: call.now,
    modifiedTime: call.now,
  }
}

export const createIpControl = operation({
  name: 'CreateIpControl',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { parameters, now } = call
      checkRoomForPolicy(call)
      parameters.required('IpControlType')
      const control: IpControlRecord = {
        id: newHexId(call),
        name: checkName(parameters.required('IpControlName')),
        description: parameters.text('Description', 180) ?? '',
        type: parameters.oneOf('IpControlType', ['ALLOW', 'REFUSE'])!,
        items: parameters.objects('IpControlPolicys', ITEMS_MAX).map((each) => itemIn(call, each)),
        createdTime: now,
        modifiedTime: now,
      }
      return { changes: [{ put: 'ipControls', value: control }], result: { IpControlId: control.id } }
    }),
})

const changed = <Result extends Document>(call: Call, control: IpControlRecord, result: Result) => ({
  changes: [{ put: 'ipControls' as const, value: { ...control, modifiedTime: call.now } }],
  result,
})

export const modifyIpControl = operation({
  name: 'ModifyIpControl',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const before = controlOf(call)
      const name = call.parameters.optional('IpControlName')
      return changed(
        call,
        {
          ...before,
          ...(name === undefined ? {} : { name: checkName(name) }),
          description: call.parameters.text('Description', 180) ?? before.description,
        },
        {},
      )
    }),
})

export const deleteIpControl = operation({
  name: 'DeleteIpControl',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { id } = controlOf(call)
      return { changes: [...unboundEverywhere(call, id), { remove: 'ipControls', id }], result: {} }
    }),
})

export const addIpControlPolicyItem = operation({
  name: 'AddIpControlPolicyItem',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const control = controlOf(call)
      if (control.items.length >= ITEMS_MAX) throw invalid('CidrIp', `There are ${ITEMS_MAX} items already.`)
      const item = itemIn(call, call.parameters)
      return changed(call, { ...control, items: [...control.items, item] }, { PolicyItemId: item.itemId })
    }),
})

export const modifyIpControlPolicyItem = operation({
  name: 'ModifyIpControlPolicyItem',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const control = controlOf(call)
      const itemId = call.parameters.required('PolicyItemId')
      const before = control.items.find((item) => item.itemId === itemId)
      if (!before) throw notFound('PolicyItem')
      const item = { ...itemIn(call, call.parameters), itemId, createdTime: before.createdTime }
      const items = control.items.map((each) => (each.itemId === itemId ? item : each))
      return changed(call, { ...control, items }, {})
    }),
})

export const removeIpControlPolicyItem = operation({
  name: 'RemoveIpControlPolicyItem',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const control = controlOf(call)
      const ids = call.parameters.list('PolicyItemIds', ITEMS_MAX)
      const items = control.items.filter(({ itemId }) => !ids.includes(itemId))
      if (items.length !== control.items.length - ids.length) throw notFound('PolicyItem')
      return changed(call, { ...control, items }, {})
    }),
})

export const setIpControlApis = operation({
  name: 'SetIpControlApis',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => ({
      changes: bound(call, namedApis(call), 'ipControl', controlOf(call).id),
      result: {},
    })),
})

export const removeIpControlApis = operation({
  name: 'RemoveIpControlApis',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => ({
      changes: unbound(call, namedApis(call), 'ipControl', controlOf(call).id),
      result: {},
    })),
})

export const describeIpControls = operation({
  name: 'DescribeIpControls',
  resource: ofControl,
  handle(call) {
    const { catalog, parameters } = call
    const [id, name, type] = ['IpControlId', 'IpControlName', 'IpControlType'].map((each) =>
      parameters.optional(each),
    )
    const found = catalog
      .all('ipControls')
      .filter(
        (control) =>
          (id === undefined || control.id === id) &&
          (name === undefined || control.name.includes(name)) &&
          (type === undefined || control.type === type),
      )
      .sort(newestFirst)
    const { page, facts } = paged(call, found)
    return {
      ...facts,
      IpControlInfos: {
        IpControlInfo: page.map((control) => ({
          IpControlId: control.id,
          IpControlName: control.name,
          IpControlType: control.type,
          Description: control.description,
          RegionId: call.region,
          CreateTime: control.createdTime,
          ModifiedTime: control.modifiedTime,
        })),
      },
    }
  },
})

export const describeIpControlPolicyItems = operation({
  name: 'DescribeIpControlPolicyItems',
  resource: ofControl,
  handle(call) {
    const itemId = call.parameters.optional('PolicyItemId')
    const found = controlOf(call).items.filter((item) => itemId === undefined || item.itemId === itemId)
    const { page, facts } = paged(call, found)
    return {
      ...facts,
      IpControlPolicyItems: {
        IpControlPolicyItem: page.map((item) => ({
          PolicyItemId: item.itemId,
          CidrIp: item.cidrIp,
          AppId: item.appId,
          CreateTime: item.createdTime,
          ModifiedTime: item.modifiedTime,
        })),
      },
    }
  },
})

export const describeApisByIpControl = operation({
  name: 'DescribeApisByIpControl',
  resource: ofControl,
  handle(call) {
    const { page, facts } = paged(call, boundApis(call, controlOf(call).id))
    return { ...facts, ApiInfos: { ApiInfo: page } }
  },
})
