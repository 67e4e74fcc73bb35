/** Builds the application, makes what it needs on a running platform, and deploys it there. */
import { execFile } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { root } from './build.ts'
import { buildAll } from './deployment.ts'
import { type Account, setUp } from './set-up.ts'

const project = resolve(root, '../..')
const names = { instance: 'dispatch', bucket: 'dispatch-photos', topic: 'dispatch-orders' }

/** What a running platform says of itself. */
export interface Platform extends Account {
  /** `process`: functions have no network of their own. */
  sandbox: string
}

export interface CityOptions {
  /** Absolute. */
  cityFile: string
  /** Data folder of the platform. */
  dataDir: string
  /** Where code, keys and the file to deploy are put. */
  workDir: string
  say: (line: string) => void
}

export interface RunningCity {
  platform: Platform
  /** `http://{group}.apigateway.localhost:9005`, for browsers and all that lead names below localhost to this machine. */
  address: string
  /** The same by path: `http://127.0.0.1:9005/proxy/{group}`. */
  addressByPath: string
}

export async function deployCity({ cityFile, dataDir, workDir, say }: CityOptions): Promise<RunningCity> {
  const platform = await readPlatform(dataDir)
  const codeDir = join(workDir, 'code')
  const hanshu = (words: string[], environment: Record<string, string> = {}) =>
    run(words, { HANSHU_DATA: dataDir, ...environment })
  const keys = await tokenKeys(codeDir)
  say('building, and making tables, bucket, topic and role')
  await Promise.all([
    buildAll(cityFile, codeDir),
    setUp(platform, names),
    hanshu(['mns', 'create', names.topic, '--topic']),
    readFile(join(root, 'role.json'), 'utf8').then((role) =>
      hanshu(['identity', 'put', 'roles/dispatch', role]),
    ),
  ])
  say('deploying')
  const template = join(workDir, 's.yaml')
  if (workDir !== root) await copyFile(join(root, 's.yaml'), template)
  const photos = photoEndpoint(platform)
  const output = await hanshu(['deploy', '-t', template], {
    DISPATCH_JWT_KEY: keys.privateKey,
    DISPATCH_JWK: keys.publicKey,
    DISPATCH_MAP_KEY: keys.mapKey,
    DISPATCH_PHOTO_ENDPOINT: photos,
    DISPATCH_UPLOAD_ORIGIN: photos,
    ...endpointsFor(platform),
  })
  const address = /^ {2}dispatch: (http:\S+)$/m.exec(output)?.[1]
  if (address === undefined) throw new Error(`hanshu deploy did not say where the gateway is:\n${output}`)
  await startDispatcher(hanshu)
  const [group = ''] = new URL(address).hostname.split('.')
  return { platform, address, addressByPath: `${platform.endpoints['gateway']}/proxy/${group}` }
}

async function readPlatform(dataDir: string): Promise<Platform> {
  const file = join(dataDir, 'ready.json')
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Platform
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error(
      `No platform is running: there is no ${file}.\n` +
        'Start it in another terminal, with npm start; if its data folder is elsewhere, set HANSHU_DATA.',
    )
  }
}

/** Runs a command of the platform. Throws with what it said if it failed. */
const run = (words: string[], environment: Record<string, string>): Promise<string> =>
  new Promise((done, reject) => {
    execFile(
      join(project, 'bin/hanshu'),
      words,
      { env: { ...process.env, ...environment }, maxBuffer: 64 * 1024 * 1024 },
      (error, output, notes) =>
        error ? reject(new Error(`hanshu ${words.slice(0, 2).join(' ')}:\n${output}${notes}`)) : done(output),
    )
  })

interface Keys {
  /** PKCS#8 in base64. */
  privateKey: string
  /** JWK as JSON. */
  publicKey: string
  /** Of the map service, as AMap has keys. */
  mapKey: string
}

/** Made once, and never part of the sources: whoever has the private one is whoever they say. */
async function tokenKeys(codeDir: string): Promise<Keys> {
  const file = join(codeDir, 'token-keys.json')
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Keys
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keys: Keys = {
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    publicKey: JSON.stringify({
      ...pair.publicKey.export({ format: 'jwk' }),
      kid: 'dispatch-1',
      alg: 'RS256',
      use: 'sig',
    }),
    mapKey: randomBytes(16).toString('hex'),
  }
  await mkdir(codeDir, { recursive: true })
  await writeFile(file, JSON.stringify(keys), { mode: 0o600 })
  return keys
}

/** Where functions share the machine's network, the vendor's names are not the platform's: they are told endpoints. */
const endpointsFor = ({ sandbox, endpoints }: Platform): Record<string, string> =>
  sandbox === 'process'
    ? {
        DISPATCH_OTS_ENDPOINT: endpoints['ots'] ?? '',
        DISPATCH_FC_ENDPOINT: endpoints['fc'] ?? '',
        DISPATCH_MNS_ENDPOINT: endpoints['mns'] ?? '',
      }
    : {}

/** Of photos: phones reach it, by a name that browsers lead to this machine. */
const photoEndpoint = ({ endpoints }: Platform): string =>
  `http://localhost:${new URL(endpoints['oss'] ?? '').port}`

/** The timer calls it at the next minute; nobody needs to wait for that. */
const startDispatcher = (hanshu: (words: string[]) => Promise<string>): Promise<string> =>
  hanshu(['invoke', 'dispatch-dispatcher', '--async', '--event', '{}'])
