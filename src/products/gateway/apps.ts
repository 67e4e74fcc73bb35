/** Apps: who calls APIs, by a key with a secret or by a code. */
import type { Catalog } from './catalog.ts'
import { duplicate, invalid, notFound } from './errors.ts'
import type { AppRecord } from './records.ts'
import type { Call } from './vocabulary.ts'

export function appOf({ catalog, parameters }: Call): AppRecord {
  const app = catalog.get('apps', parameters.required('AppId'))
  if (!app) throw notFound('App')
  return app
}

export const checkAppName = (name: string): string => {
  if (!/^[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]{3,25}$/.test(name))
    throw invalid('AppName', 'It has 4 to 26 letters, digits and underscores, and begins with a letter.')
  return name
}

/** Limits of what callers choose themselves, as the SDK's comments have them. */
const CHOSEN = {
  AppKey: /^[A-Za-z0-9_=-]{8,128}$/,
  AppSecret: /^[\x21-\x7e]{16,128}$/,
  AppCode: /^[\x21-\x7e]{16,128}$/,
} as const

export function chosen(
  { parameters }: Call,
  kind: keyof typeof CHOSEN,
  name: string = kind,
): string | undefined {
  const given = parameters.optional(name)
  if (given !== undefined && !CHOSEN[kind].test(given)) throw invalid(name)
  return given
}

export const newAppKey = ({ randomBytes }: Call, catalog: Catalog): string => {
  for (;;) {
    const appKey = String(200_000_000 + (randomBytes(6).readUIntBE(0, 6) % 700_000_000))
    if (!catalog.appByKey(appKey)) return appKey
  }
}
export const newAppId = ({ randomBytes }: Call, catalog: Catalog): number => {
  for (;;) {
    const appId = 110_000_000 + (randomBytes(6).readUIntBE(0, 6) % 880_000_000)
    if (!catalog.get('apps', String(appId))) return appId
  }
}
export const newSecret = ({ randomBytes }: Call): string => randomBytes(16).toString('hex')

/** Whoever has a key of another app would be taken for that app. */
export function checkKeyIsFree({ catalog }: Call, appKey: string): void {
  if (catalog.appByKey(appKey)) throw duplicate('AppKey')
}
export function checkCodeIsFree({ catalog }: Call, appCode: string): void {
  if (catalog.appByCode(appCode)) throw duplicate('AppCode')
}
