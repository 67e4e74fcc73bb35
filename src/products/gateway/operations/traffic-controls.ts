import {
  bindingsOf,
  bound,
  boundApis,
  checkRoomForPolicy,
  namedApis,
  unbound,
  unboundEverywhere,
} from '../bindings.ts'
import { invalid, notFound } from '../errors.ts'
import type { Parameters } from '../parameters.ts'
import { type TrafficControlRecord, trafficUnits } from '../records.ts'
import {
  apiOf,
  type Call,
  type Document,
  newestFirst,
  newHexId,
  operation,
  optionalStageOf,
  paged,
  stageOf,
} from '../vocabulary.ts'

const ofControl = (parameters: Parameters) =>
  `trafficcontrol/${parameters.optional('TrafficControlId') ?? '*'}`
const LIMIT = { min: 1, max: 100_000_000 }

function controlOf({ catalog, parameters }: Call): TrafficControlRecord {
  const control = catalog.get('trafficControls', parameters.required('TrafficControlId'))
  if (!control) throw notFound('TrafficControl')
  return control
}

/** An app may not be allowed more than its account, nor an account more than the API. */
function checkOrder({
  apiDefault,
  userDefault = apiDefault,
  appDefault = userDefault,
}: TrafficControlRecord): void {
  if (userDefault > apiDefault) throw invalid('UserDefault', 'It is more than ApiDefault.')
  if (appDefault > userDefault) throw invalid('AppDefault', 'It is more than UserDefault.')
}

function checkName(name: string): string {
  if (!/^[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]{3,49}$/.test(name))
    throw invalid('TrafficControlName')
  return name
}

function limitsIn({ parameters }: Call, before?: TrafficControlRecord) {
  const userDefault = parameters.integer('UserDefault', LIMIT) ?? before?.userDefault
  const appDefault = parameters.integer('AppDefault', LIMIT) ?? before?.appDefault
  return {
    ...(userDefault === undefined ? {} : { userDefault }),
    ...(appDefault === undefined ? {} : { appDefault }),
  }
}

export const createTrafficControl = operation({
  name: 'CreateTrafficControl',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { parameters, now } = call
      checkRoomForPolicy(call)
      parameters.required('ApiDefault')
      parameters.required('TrafficControlUnit')
      const control: TrafficControlRecord = {
        id: newHexId(call),
        name: checkName(parameters.required('TrafficControlName')),
        description: parameters.text('Description', 180) ?? '',
        unit: parameters.oneOf('TrafficControlUnit', trafficUnits)!,
        apiDefault: parameters.integer('ApiDefault', LIMIT)!,
        ...limitsIn(call),
        specials: [],
        createdTime: now,
        modifiedTime: now,
      }
      checkOrder(control)
      return {
        changes: [{ put: 'trafficControls', value: control }],
        result: { TrafficControlId: control.id },
      }
    }),
})

const put = (call: Call, control: TrafficControlRecord) => ({
  changes: [{ put: 'trafficControls' as const, value: { ...control, modifiedTime: call.now } }],
  result: {},
})

export const modifyTrafficControl = operation({
  name: 'ModifyTrafficControl',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { parameters } = call
      const before = controlOf(call)
      const name = parameters.optional('TrafficControlName')
      const control: TrafficControlRecord = {
        ...before,
        ...(name === undefined ? {} : { name: checkName(name) }),
        description: parameters.text('Description', 180) ?? before.description,
        unit: parameters.oneOf('TrafficControlUnit', trafficUnits) ?? before.unit,
        apiDefault: parameters.integer('ApiDefault', LIMIT) ?? before.apiDefault,
        ...limitsIn(call, before),
      }
      checkOrder(control)
      return put(call, control)
    }),
})

export const deleteTrafficControl = operation({
  name: 'DeleteTrafficControl',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { id } = controlOf(call)
      return { changes: [...unboundEverywhere(call, id), { remove: 'trafficControls', id }], result: {} }
    }),
})

const SPECIALS_MAX = 100

/** One that is there already is given the new value. */
export const addTrafficSpecialControl = operation({
  name: 'AddTrafficSpecialControl',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { catalog, parameters, accountId } = call
      const control = controlOf(call)
      parameters.required('TrafficValue')
      const { type, key } = specialIn(call)
      const value = parameters.integer('TrafficValue', LIMIT)!
      if (value > control.apiDefault) throw invalid('TrafficValue', 'It is more than ApiDefault.')
      if (type === 'APP' && !catalog.get('apps', key)) throw notFound('App')
      if (type === 'USER' && key !== accountId) throw notFound('User')
      const others = control.specials.filter((each) => each.type !== type || each.key !== key)
      if (others.length >= SPECIALS_MAX) throw invalid('SpecialKey', `There are ${SPECIALS_MAX} already.`)
      return put(call, { ...control, specials: [...others, { type, key, value }] })
    }),
})

function specialIn({ parameters }: Call): { type: 'APP' | 'USER'; key: string } {
  parameters.required('SpecialType')
  return { type: parameters.oneOf('SpecialType', ['APP', 'USER'])!, key: parameters.required('SpecialKey') }
}

export const deleteTrafficSpecialControl = operation({
  name: 'DeleteTrafficSpecialControl',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const control = controlOf(call)
      const { type, key } = specialIn(call)
      const specials = control.specials.filter((each) => each.type !== type || each.key !== key)
      if (specials.length === control.specials.length) throw notFound('SpecialKey')
      return put(call, { ...control, specials })
    }),
})

export const deleteAllTrafficSpecialControl = operation({
  name: 'DeleteAllTrafficSpecialControl',
  resource: ofControl,
  handle: (call) => call.catalog.change<Document>(() => put(call, { ...controlOf(call), specials: [] })),
})

export const setTrafficControlApis = operation({
  name: 'SetTrafficControlApis',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => ({
      changes: bound(call, namedApis(call), 'trafficControl', controlOf(call).id),
      result: {},
    })),
})

export const removeTrafficControlApis = operation({
  name: 'RemoveTrafficControlApis',
  resource: ofControl,
  handle: (call) =>
    call.catalog.change<Document>(() => ({
      changes: unbound(call, namedApis(call), 'trafficControl', controlOf(call).id),
      result: {},
    })),
})

export const describeTrafficControls = operation({
  name: 'DescribeTrafficControls',
  resource: ofControl,
  handle(call) {
    const { catalog, parameters } = call
    const [id, name, apiId] = ['TrafficControlId', 'TrafficControlName', 'ApiId'].map((each) =>
      parameters.optional(each),
    )
    const stage = optionalStageOf(call)
    const found = catalog
      .all('trafficControls')
      .filter(
        (control) =>
          (id === undefined || control.id === id) &&
          (name === undefined || control.name.includes(name)) &&
          (apiId === undefined ||
            bindingsOf(call, control.id).some(
              (binding) => binding.apiId === apiId && (stage === undefined || binding.stage === stage),
            )),
      )
      .sort(newestFirst)
    const { page, facts } = paged(call, found)
    return { ...facts, TrafficControls: { TrafficControl: page.map(described) } }
  },
})

const described = (control: TrafficControlRecord) => ({
  TrafficControlId: control.id,
  TrafficControlName: control.name,
  Description: control.description,
  TrafficControlUnit: control.unit,
  ApiDefault: control.apiDefault,
  UserDefault: control.userDefault,
  AppDefault: control.appDefault,
  CreatedTime: control.createdTime,
  ModifiedTime: control.modifiedTime,
  SpecialPolicies: {
    SpecialPolicy: [...Map.groupBy(control.specials, ({ type }) => type)].map(([type, specials]) => ({
      SpecialType: type,
      Specials: {
        Special: specials.map(({ key, value }) => ({ SpecialKey: key, TrafficValue: value })),
      },
    })),
  },
})

export const describeTrafficControlsByApi = operation({
  name: 'DescribeTrafficControlsByApi',
  resource: ofControl,
  handle(call) {
    const binding = call.catalog.binding(apiOf(call).apiId, stageOf(call), 'trafficControl')
    const control = binding && call.catalog.get('trafficControls', binding.policyId)
    return {
      TrafficControlItems: {
        TrafficControlItem: control
          ? [
              {
                TrafficControlItemId: control.id,
                TrafficControlItemName: control.name,
                BoundTime: binding.boundTime,
              },
            ]
          : [],
      },
    }
  },
})

export const describeApisByTrafficControl = operation({
  name: 'DescribeApisByTrafficControl',
  resource: ofControl,
  handle(call) {
    const { page, facts } = paged(call, boundApis(call, controlOf(call).id))
    return { ...facts, ApiInfos: { ApiInfo: page } }
  },
})
