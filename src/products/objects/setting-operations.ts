/** Putting, reading and deleting a setting of a bucket that is one document. */
import { noSuchSetting } from './errors.ts'
import { bytes, none, operation, xmlReply } from './product.ts'
import type { SettingDocument } from './setting-documents.ts'
import { findSetting, putSetting, removeSetting, type SettingKind } from './settings.ts'
import { document } from './xml.ts'

const DOCUMENT_BYTES_MAX = 1024 * 1024

export const putSettingOperation = <Value, const Kind extends SettingKind>(
  name: string,
  { kind, rootName, read }: SettingDocument<Value, Kind>,
) =>
  operation({
    name,
    route: `PUT /{bucket}?${kind}`,
    body: bytes(DOCUMENT_BYTES_MAX),
    async handle({ body }, context) {
      const { records, bucket } = context
      await putSetting(records, bucket, kind, read(document(body, rootName), context))
      return { status: 200 }
    },
  })

export const getSettingOperation = <Value, const Kind extends SettingKind>(
  name: string,
  { kind, rootName, xml, missing }: SettingDocument<Value, Kind>,
) =>
  operation({
    name,
    route: `GET /{bucket}?${kind}`,
    body: none,
    async handle(_, { records, bucket: { value } }) {
      const found = await findSetting<Value>(records, value.name, kind)
      if (found !== undefined) return xmlReply(200, rootName, xml(found))
      if ('standard' in missing) return xmlReply(200, rootName, xml(missing.standard))
      throw noSuchSetting(missing.code, missing.message, value.name)
    },
  })

export const deleteSettingOperation = <Value, const Kind extends SettingKind>(
  name: string,
  { kind }: SettingDocument<Value, Kind>,
) =>
  operation({
    name,
    route: `DELETE /{bucket}?${kind}`,
    body: none,
    async handle(_, { records, bucket }) {
      await removeSetting(records, bucket, kind)
      return { status: 204 }
    },
  })
