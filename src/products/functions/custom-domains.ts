import { z } from 'zod'
import { linearRegExpProblem } from '../../lib/linear-regexp.ts'
import { reasonOf } from '../../lib/reason.ts'
import { secureContextOf, type TlsSettings } from '../../lib/tls-settings.ts'
import { invalidArgument, notImplemented } from './errors.ts'
import { withoutNulls } from './function-spec.ts'
import { authOf, corsConfig, type HttpMethod, httpMethods } from './http-trigger.ts'
import { LATEST } from './names.ts'
import { isEmpty } from './not-built.ts'

/** Of an account; all are kept in memory, for the edge. */
export const CUSTOM_DOMAINS_MAX = 500
const ROUTES_MAX = 200

const rule = z.object({ match: z.string().min(1).max(2048), replacement: z.string().max(2048) })
const rules = z.array(rule).max(50).optional()

const route = z.object({
  path: z.string().min(1).max(2048),
  // 128 and 64 for a function of a service, with what is between them.
  functionName: z.string().min(1).max(193),
  qualifier: z.string().max(128).optional(),
  methods: z.array(z.string()).optional(),
  rewriteConfig: z.object({ equalRules: rules, wildcardRules: rules, regexRules: rules }).optional(),
})

/** What CreateCustomDomain and UpdateCustomDomain take beside the name. */
const domainFields = {
  protocol: z.string().optional(),
  routeConfig: z.object({ routes: z.array(route).max(ROUTES_MAX).optional() }).optional(),
  certConfig: z
    .object({
      certName: z.string().max(128).optional(),
      // "The certificate must not exceed 20 KB, the key 4 KB."
      certificate: z
        .string()
        .max(20 * 1024)
        .optional(),
      privateKey: z
        .string()
        .max(4 * 1024)
        .optional(),
    })
    .optional(),
  tlsConfig: z
    .object({
      minVersion: z.string().optional(),
      maxVersion: z.string().optional(),
      cipherSuites: z.array(z.string().max(128)).max(64).optional(),
    })
    .optional(),
  authConfig: z
    .object({
      authType: z.string().optional(),
      authInfo: z
        .string()
        .max(64 * 1024)
        .optional(),
    })
    .optional(),
  corsConfig: corsConfig.optional(),
  wafConfig: z.object({ enableWAF: z.boolean().optional() }).optional(),
  isE2B: z.boolean().optional(),
}
export const customDomainUpdate = z.preprocess(withoutNulls, z.object(domainFields))
export const customDomainInput = z.preprocess(
  withoutNulls,
  z.object({ ...domainFields, domainName: z.string().optional() }),
)
export type CustomDomainSpec = z.output<typeof customDomainUpdate>
export type RouteSpec = z.output<typeof route>

export interface CustomDomainRecord extends CustomDomainSpec {
  /** As it was created; names of hosts have no case. */
  domainName: string
  protocol: string
  createdTime: string
  lastModifiedTime: string
}

/** "A label has 1 to 63 letters, digits or hyphens and does not begin with a hyphen; the last has letters only, two at least." */
const DOMAIN_NAME = /^(\*\.)?([a-z0-9][a-z0-9-]{0,62}\.)+[a-z]{2,63}$/i

/** `reserved`: the domain below which functions have their own names. */
export function checkDomainName(
  domainName: string | undefined,
  reserved: string,
): asserts domainName is string {
  if (!domainName) throw invalidArgument('DomainName is required but not provided')
  if (domainName.length > 256 || !DOMAIN_NAME.test(domainName))
    throw invalidArgument(`DomainName is set to an invalid value (actual: '${domainName.slice(0, 300)}')`)
  const lower = domainName.toLowerCase()
  if (lower === reserved || lower.endsWith(`.${reserved}`))
    throw invalidArgument(
      `DomainName must not be '${reserved}' or below it: functions have their own names there`,
    )
}

const protocols = ['HTTP', 'HTTPS', 'HTTP,HTTPS']
const tlsVersions = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

/** What of a domain does not hold together. Throws `ApiError`. */
export function checkCustomDomain(spec: CustomDomainSpec & { protocol: string }): void {
  const { protocol, certConfig, authConfig } = spec
  if (!protocols.includes(protocol))
    throw invalidArgument(
      `Protocol is set to an invalid value (allowed: HTTP, HTTPS, 'HTTP,HTTPS'; actual: '${protocol.slice(0, 64)}')`,
    )
  if (spec.wafConfig?.enableWAF) throw notImplemented("the field 'wafConfig.enableWAF'")
  if (spec.isE2B) throw notImplemented("the field 'isE2B'")
  domainAuthOf(authConfig)
  checkTls(spec)
  if (protocol.includes('HTTPS') || !isEmpty(certConfig)) checkCertificate(spec)
}

function checkTls({ tlsConfig = {} }: CustomDomainSpec): void {
  for (const version of [tlsConfig.minVersion, tlsConfig.maxVersion])
    if (version && !tlsVersions.includes(version))
      throw invalidArgument(
        `TLS version is set to an invalid value (allowed: ${tlsVersions.join(', ')}; actual: '${version.slice(0, 64)}')`,
      )
  const least = tlsVersions.indexOf(tlsConfig.minVersion || 'TLSv1.0')
  if (least > tlsVersions.indexOf(tlsConfig.maxVersion || 'TLSv1.3'))
    throw invalidArgument('minVersion of tlsConfig must not be above maxVersion')
}

function checkCertificate(spec: CustomDomainSpec): void {
  const { certName, certificate, privateKey } = spec.certConfig ?? {}
  if (!certName || !certificate || !privateKey)
    throw invalidArgument('CertConfig needs certName, certificate and privateKey for the protocol HTTPS')
  try {
    secureContextOf(tlsSettingsOf(spec))
  } catch (error) {
    throw invalidArgument(
      `the certificate, the private key and the cipher suites cannot be used together: ${reasonOf(error)}`,
    )
  }
}

export const tlsSettingsOf = ({ certConfig, tlsConfig }: CustomDomainSpec): TlsSettings => ({
  certificate: certConfig?.certificate ?? '',
  privateKey: certConfig?.privateKey ?? '',
  ...tlsConfig,
})

export const domainAuthOf = (authConfig: CustomDomainSpec['authConfig']) =>
  authOf(authConfig?.authType || 'anonymous', authConfig?.authInfo)

/** Of one route: what can be said without looking at its function. Throws `ApiError`. */
export function checkRoute({ path, methods = [], rewriteConfig = {} }: RouteSpec): void {
  if (!/^\/[^*?#\s]*\*?$/.test(path))
    throw invalidArgument(
      `path must begin with '/' and may have one '*', at its end (actual: '${path.slice(0, 256)}')`,
    )
  for (const method of methods)
    if (!httpMethods.includes(method.toUpperCase() as HttpMethod))
      throw invalidArgument(`methods is set to an invalid value (actual: '${method.slice(0, 64)}')`)
  for (const { match } of rewriteConfig.regexRules ?? []) {
    const problem = linearRegExpProblem(match)
    if (problem !== undefined)
      throw invalidArgument(`'${match.slice(0, 256)}' is not a regular expression: ${problem}`)
  }
}

/** The `CustomDomain` of the API. The private key is taken and never given back. */
export function customDomainDocument(
  { certConfig, routeConfig, authConfig, ...record }: CustomDomainRecord,
  { accountId }: { accountId: string },
): Record<string, unknown> {
  const { certName, certificate } = certConfig ?? {}
  return {
    ...record,
    accountId,
    apiVersion: '2023-03-30',
    ...(certName ? { certConfig: { certName, certificate } } : {}),
    routeConfig: {
      routes: (routeConfig?.routes ?? []).map((one) => ({ ...one, qualifier: one.qualifier || LATEST })),
    },
    authConfig: { authType: authConfig?.authType || 'anonymous', authInfo: authConfig?.authInfo ?? '' },
  }
}
