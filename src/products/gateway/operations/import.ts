import { checkBackendAccess } from '../backend-access.ts'
import type { Change } from '../catalog.ts'
import { readDefinition } from '../definition/definition.ts'
import { duplicate, refusalIn } from '../errors.ts'
import { apisIn, type Described } from '../openapi/document.ts'
import { Parameters } from '../parameters.ts'
import type { ApiRecord } from '../records.ts'
import { type Call, type Document, groupOf, ofGroup, operation } from '../vocabulary.ts'
import { checkIsNew, newApi, routeOf } from './apis.ts'

/** Each API by itself: what is refused of one does not keep the others out. The same method and path is the same API. */
export const importSwagger = operation({
  name: 'ImportSwagger',
  resource: ofGroup,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { parameters } = call
      const { groupId } = groupOf(call)
      const isDry = parameters.boolean('DryRun') ?? false
      const described = apisIn(parameters.required('Data'))
      parameters.required('Overwrite')
      const mayOverwrite = parameters.boolean('Overwrite') ?? false
      const others = call.catalog.all('apis').filter((api) => api.groupId === groupId)
      const changes: Change[] = []
      const done: Document[] = []
      const failed: Document[] = []
      for (const each of described) {
        const place = { Path: each.path, HttpMethod: each.httpMethod }
        try {
          const { api, before } = imported(call, groupId, each, others, mayOverwrite)
          if (before) others.splice(others.indexOf(before), 1)
          others.push(api)
          changes.push({ put: 'apis', value: api })
          done.push({ ...place, ApiUid: api.apiId, ApiOperation: before ? 'MODIFY' : 'CREATE' })
        } catch (error) {
          failed.push({ ...place, ErrorMsg: refusalIn(error).message })
        }
      }
      return {
        changes: isDry ? [] : changes,
        result: {
          Success: { ApiImportSwaggerSuccess: done },
          Failed: { ApiImportSwaggerFailed: failed },
        },
      }
    }),
})

/** Throws `ApiError`. */
function imported(
  call: Call,
  groupId: string,
  { parameters }: Described,
  others: readonly ApiRecord[],
  mayOverwrite: boolean,
): { api: ApiRecord; before: ApiRecord | undefined } {
  const definition = readDefinition(new Parameters(parameters))
  checkBackendAccess(call, definition.serviceConfig)
  const route = routeOf(definition)
  const before = others.find((other) => routeOf(other.definition) === route)
  if (before && !mayOverwrite) throw duplicate('RequestPath')
  const api: ApiRecord = before
    ? { ...before, definition, madeBy: call.madeBy, modifiedTime: call.now }
    : newApi(call, groupId, definition)
  checkIsNew(api, others)
  return { api, before }
}
