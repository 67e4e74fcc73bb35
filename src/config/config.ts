import { delimiter, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { standardOciRuntime, standardSandbox } from './sandbox-choice.ts'

/** Folder that holds bin/, src/ and runtimes/. */
export const installationDir = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

const flag = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'])
  .transform((text) => text === 'true' || text === '1' || text === 'yes')

const port = z.coerce.number().int().min(0).max(65535)

/**
 * Every setting of the platform, in one place: its name in the environment, its type, its default, and why it exists.
 * `hanshu up --help` and docs/configuration.md are printed from this object.
 */
const settingsSchema = z.object({
  HANSHU_DATA: z
    .string()
    .refine((text) => foldersOf(text).length > 0, 'names no folder')
    .default(resolve(installationDir, 'data'))
    .describe(
      'Folder that holds everything the platform keeps. One platform per folder. May be given several times (in the variable, ' +
        `'${delimiter}' is between them): the first has the databases, and objects are spread over all.`,
    ),
  HANSHU_REPLICAS: z.coerce
    .number()
    .int()
    .min(1)
    .default(1)
    .describe(
      'Copies of each object, each in another of the data folders; a write is answered when all are on the disk.',
    ),
  HANSHU_SCRUB_MB_PER_SECOND: z.coerce
    .number()
    .min(0.01)
    .default(8)
    .describe(
      'How fast copies of objects are read in the background to find those that a disk has changed; a round begins once a day.',
    ),
  HANSHU_PORTS: z
    .enum(['fixed', 'auto'])
    .default('fixed')
    .describe('fixed: the numbers below. auto: any free ports; read them from the ready file.'),
  HANSHU_HOST: z.string().default('127.0.0.1').describe('Address that every listener binds to.'),
  HANSHU_FC_PORT: port.default(9000).describe('Function Compute API (and code upload).'),
  HANSHU_EDGE_PORT: port.default(9080).describe('HTTP triggers, by Host name or by path.'),
  HANSHU_EDGE_TLS_PORT: port
    .default(9443)
    .describe('Custom domains by HTTPS, with the certificates that their owner gave.'),
  HANSHU_OSS_PORT: port.default(9001).describe('Object Storage API.'),
  HANSHU_OTS_PORT: port.default(9002).describe('Table Store API.'),
  HANSHU_MNS_PORT: port.default(9003).describe('Queues and topics (MNS) API.'),
  HANSHU_RAM_PORT: port
    .default(9007)
    .describe('Resource Access Management API (users, keys, groups, roles, policies).'),
  HANSHU_ACTIONTRAIL_PORT: port
    .default(9008)
    .describe('ActionTrail API (LookupEvents): who called which operation.'),
  HANSHU_STS_PORT: port.default(9004).describe('Security Token Service API (AssumeRole, GetCallerIdentity).'),
  HANSHU_GATEWAY_PORT: port
    .default(9005)
    .describe('API Gateway: the APIs that are deployed, by Host name or by path.'),
  HANSHU_APIGATEWAY_PORT: port.default(9006).describe('API Gateway: its management API (CloudAPI).'),
  HANSHU_CLOUD_NAMES: z
    .enum(['platform', 'cloud'])
    .default('platform')
    .describe(
      'Where host names of the vendor (photos.oss-cn-hangzhou.aliyuncs.com) lead inside sandboxes: to the platform, at ports 80 and 443, ' +
        'or, for functions that use the real services, to the cloud.',
    ),
  HANSHU_METRICS_PORT: port
    .optional()
    .describe('Metrics, at /metrics in the format of OpenMetrics, for whoever reaches it; without: none.'),
  HANSHU_METRICS_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address that the listener of metrics binds to, which asks nobody for a key.'),
  HANSHU_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'OpenTelemetry collector that is sent spans and metrics by OTLP over HTTP: http://127.0.0.1:4318; without: none.',
    ),
  HANSHU_TRACE_SAMPLE_RATIO: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Share of the calls without a trace of their caller that a collector is told of.'),
  HANSHU_READY_FILE: z
    .string()
    .optional()
    .describe('Written with mode 0600, as JSON, when every listener accepts; removed at a clean stop.'),
  HANSHU_ACCOUNT_ID: z
    .string()
    .regex(/^\d{6,20}$/)
    .default('1234567890123456')
    .describe('Account that owns every resource.'),
  HANSHU_REGION: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .default('cn-hangzhou')
    .describe('Region in resource names and credentials scopes.'),
  HANSHU_UNKNOWN_ROLES: z
    .enum(['unrestricted', 'refused'])
    .default('unrestricted')
    .describe(
      'Roles of functions that nobody has created here. unrestricted: they may do everything, so that what names roles of the cloud is deployed as it is. ' +
        'refused: they do not exist; choose it as soon as there are users or functions that may not do everything.',
    ),
  HANSHU_PRIVATE_TARGETS: z
    .enum(['keys', 'everybody', 'nobody'])
    .default('keys')
    .describe(
      'Who may have pushes of topics, upload callbacks and mirrors of web sites go to addresses that are not public: loopback, private networks, this machine. ' +
        'keys: who signs by a key of the account or a user, and not by temporary credentials, as functions do.',
    ),
  HANSHU_SANDBOX: z
    .enum(['auto', 'oci', 'process'])
    .default(standardSandbox)
    .describe(
      'How instances are held. auto: oci where it can work (root, Linux, an OCI runtime) or where another OCI runtime than crun is named, else process, with a warning.',
    ),
  HANSHU_OCI_RUNTIME: z
    .enum(['crun', 'runc', 'runsc'])
    .default(standardOciRuntime)
    .describe(
      'Program that starts containers for the oci sandbox. runsc is gVisor: a kernel for every instance, slower starts, more memory.',
    ),
  HANSHU_POOL_SIZE: z.coerce
    .number()
    .int()
    .min(0)
    .max(100)
    .default(3)
    .describe('Generic instances kept booted and waiting for code, per runtime in use.'),
  HANSHU_IDLE_SECONDS: z.coerce
    .number()
    .min(1)
    .optional()
    .describe(
      'An instance without a request for this long is retired, whatever was learnt. Not set: 300, or longer where that was learnt.',
    ),
  HANSHU_KEEP_ALIVE: z
    .enum(['learnt', 'fixed'])
    .default('learnt')
    .describe(
      'learnt: where the idle times of a function allow it, its instances are kept, and started ahead of the next call, as ' +
        'they say, within HANSHU_IDLE_SECONDS if that is set; else, and for all with fixed, HANSHU_IDLE_SECONDS or 300 s.',
    ),
  HANSHU_FREEZE_AFTER_MS: z.coerce
    .number()
    .int()
    .min(0)
    .default(500)
    .describe('An idle instance is frozen after this long; 0: never.'),
  HANSHU_INSTANCES_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .default(300)
    .describe(
      'Instances of an account in the region, as the vendor limits them; beyond it: 429 ResourceExhausted.',
    ),
  HANSHU_DISK_RESERVE_MB: z.coerce
    .number()
    .int()
    .min(0)
    .default(256)
    .describe(
      "What disks of instances (oci) leave free on the data folder's file system; below it: 429 ResourceExhausted.",
    ),
  HANSHU_DISK_OVERCOMMIT: z.coerce
    .number()
    .min(0.01)
    .max(1000)
    .default(10)
    .describe(
      'How many times the free room may be promised to disks of instances, which use little of what they may; 1: never more than there is.',
    ),
  HANSHU_INSTANCES_BURST: z.coerce
    .number()
    .int()
    .min(1)
    .default(300)
    .describe('Instances that may be added at once, as the vendor limits them in its large regions.'),
  HANSHU_INSTANCES_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(0)
    .default(300)
    .describe(
      'Instances that may be added per minute after a burst, as the vendor limits them; beyond it: 429.',
    ),
  HANSHU_LOG_MB_PER_FUNCTION: z.coerce
    .number()
    .int()
    .min(1)
    .default(64)
    .describe('Function logs kept per function; the oldest go first.'),
  HANSHU_LEDGER_MB: z.coerce
    .number()
    .int()
    .min(1)
    .default(256)
    .describe(
      'Single entries of the ledger kept, some 20,000 invocations a MB; the oldest go first. The sums by function and hour, which bills are made of, are kept for 400 days.',
    ),
  HANSHU_UNUSED_CODE_SECONDS: z.coerce
    .number()
    .min(1)
    .default(4200)
    .describe(
      'A code package that no function, version or layer names, and that nothing runs of, is removed after this long. ' +
        'Links to packages are good for an hour.',
    ),
  HANSHU_DEBUG: flag
    .default(false)
    .describe(
      'Allow whoever has the access key of the account to attach debuggers to functions, at ports of 127.0.0.1 (hanshu dev --debug).',
    ),
  HANSHU_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Least severe line that is logged.'),
  HANSHU_EPHEMERAL: flag
    .default(false)
    .describe(
      'Keep everything in memory and forget it at the end; what has to be in the data folder is removed then.',
    ),
})

/** Settings that are right alone may not be together. */
export const configSchema = settingsSchema.refine(
  ({ HANSHU_REPLICAS: replicas, HANSHU_DATA: data }) => replicas <= foldersOf(data).length,
  {
    path: ['HANSHU_REPLICAS'],
    message: 'Each copy is in a folder of its own: give HANSHU_DATA as many folders, or keep fewer copies',
  },
)

/** The data folders in a setting, as they were given. */
export const foldersOf = (text: string): string[] => text.split(delimiter).filter((folder) => folder !== '')

export type Config = z.output<typeof configSchema>

/** Reads the settings once, at the start. Names every problem at once. */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const result = configSchema.safeParse(environment)
  if (result.success) return result.data
  throw new Error(`The settings are not valid:\n${z.prettifyError(result.error)}`)
}
