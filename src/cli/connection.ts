/** Where the platform is and who we are: from flags, then the environment, then the ready file of the platform's data folder. */
import { readFile } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import type { SigningCredentials } from '../lib/signing/acs3.ts'
import { type Arguments, text } from './command.ts'
import { CommandFailed, UsageError } from './errors.ts'
import type { Terminal } from './terminal.ts'

export interface Connection {
  endpoint: URL
  credentials: SigningCredentials
  region: string
  /** Known when the ready file is. */
  accountId?: string
  endpoints: Readonly<Record<string, string>>
}

interface ReadyFile {
  accountId: string
  region: string
  accessKeyId: string
  accessKeySecret: string
  endpoints: Record<string, string>
}

export async function findConnection(args: Arguments, terminal: Terminal): Promise<Connection> {
  const { environment } = terminal
  const readyFile = await readyFilePath(args, terminal)
  const ready = await readReadyFile(readyFile)
  const endpoint = text(args, 'endpoint') ?? environment.HANSHU_ENDPOINT ?? ready?.endpoints.fc
  if (!endpoint) {
    throw new CommandFailed(
      `The platform is not running: there is no ${readyFile}.\n` +
        'Start it with: hanshu up (or npm start, in its folder)\n' +
        'If its data folder is elsewhere, name it with --data DIR; if it runs elsewhere, with --endpoint URL.',
    )
  }
  const credentials = credentialsFrom(environment) ?? ready
  if (!credentials) {
    throw new CommandFailed(
      `There is no access key for ${endpoint}.\n` +
        'Set HANSHU_ACCESS_KEY_ID and HANSHU_ACCESS_KEY_SECRET, or name the data folder of the platform with --data DIR.',
    )
  }
  return {
    endpoint: parseEndpoint(endpoint),
    credentials: {
      accessKeyId: credentials.accessKeyId,
      accessKeySecret: credentials.accessKeySecret,
      ...('securityToken' in credentials && credentials.securityToken
        ? { securityToken: credentials.securityToken }
        : {}),
    },
    region: text(args, 'region') ?? environment.HANSHU_REGION ?? ready?.region ?? 'cn-hangzhou',
    ...(ready ? { accountId: ready.accountId } : {}),
    endpoints: ready?.endpoints.fc === endpoint ? ready.endpoints : {},
  }
}

async function readyFilePath(args: Arguments, { environment, workingDir }: Terminal): Promise<string> {
  const folder = text(args, 'data') ?? environment.HANSHU_DATA?.split(delimiter).find((name) => name !== '')
  if (folder !== undefined) return join(resolve(workingDir, folder), 'ready.json')
  // Loaded only here: the schema of all settings takes longer to read than most commands to run.
  const { loadConfig } = await import('../config/config.ts')
  return join(loadConfig({}).HANSHU_DATA, 'ready.json')
}

async function readReadyFile(file: string): Promise<ReadyFile | undefined> {
  let content: string
  try {
    content = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CommandFailed(`Cannot read ${file}: ${(error as Error).message}`, { cause: error })
  }
  try {
    const ready = JSON.parse(content) as Partial<ReadyFile>
    if (ready.endpoints?.fc && ready.accessKeyId && ready.accessKeySecret) return ready as ReadyFile
  } catch {
    // Said below: a file that is cut off is as useless as one of another kind.
  }
  throw new CommandFailed(
    `${file} is not the ready file of a platform. Remove it and start the platform again.`,
  )
}

function credentialsFrom(environment: NodeJS.ProcessEnv): SigningCredentials | undefined {
  for (const prefix of ['HANSHU', 'ALIBABA_CLOUD']) {
    const accessKeyId = environment[`${prefix}_ACCESS_KEY_ID`]
    const accessKeySecret = environment[`${prefix}_ACCESS_KEY_SECRET`]
    const securityToken = environment[`${prefix}_SECURITY_TOKEN`]
    if (accessKeyId && accessKeySecret) {
      return { accessKeyId, accessKeySecret, ...(securityToken ? { securityToken } : {}) }
    }
  }
  return undefined
}

function parseEndpoint(endpoint: string): URL {
  const url = URL.parse(endpoint.includes('://') ? endpoint : `http://${endpoint}`)
  if (!url?.hostname || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`The endpoint ${endpoint} is not a URL such as http://127.0.0.1:9000`)
  }
  return url
}
