/** `sh city`: builds, sets up, deploys, and says where the city is; `sh city peak` replays its noon. */
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { root } from './build.ts'
import { buildAll, codeDir } from './deployment.ts'
import { type Account, setUp } from './set-up.ts'

const project = resolve(root, '../..')
const names = { instance: 'dispatch', bucket: 'dispatch-photos', topic: 'dispatch-orders' }

/** What a running platform says of itself. */
interface Ready extends Account {
  sandbox: string
}

const readyFile = join(resolve(process.env['HANSHU_DATA'] ?? join(project, 'data')), 'ready.json')

const say = (line: string) => process.stdout.write(`${line}\n`)

async function readPlatform(): Promise<Ready> {
  try {
    return JSON.parse(await readFile(readyFile, 'utf8')) as Ready
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error(
      `No platform is running: there is no ${readyFile}.\n` +
        'Start it in another terminal, with npm start; if its data folder is elsewhere, set HANSHU_DATA.',
    )
  }
}

/** Runs a command of the platform. Throws with what it said if it failed. */
const hanshu = (words: string[], environment: Record<string, string> = {}): Promise<string> =>
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
}

/** Made once, and never part of the sources: whoever has the private one is whoever they say. */
async function tokenKeys(): Promise<Keys> {
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
  }
  await mkdir(codeDir, { recursive: true })
  await writeFile(file, JSON.stringify(keys), { mode: 0o600 })
  return keys
}

/** Where functions share the machine's network, the vendor's names are not the platform's: they are told endpoints. */
const endpointsFor = ({ sandbox, endpoints }: Ready): Record<string, string> =>
  sandbox === 'process'
    ? {
        DISPATCH_OTS_ENDPOINT: endpoints['ots'] ?? '',
        DISPATCH_FC_ENDPOINT: endpoints['fc'] ?? '',
        DISPATCH_MNS_ENDPOINT: endpoints['mns'] ?? '',
      }
    : {}

/** Of photos: phones reach it, by a name that browsers lead to this machine. */
const photoEndpoint = ({ endpoints }: Ready): string =>
  `http://localhost:${new URL(endpoints['oss'] ?? '').port}`

export async function deployCity(cityFile: string): Promise<{ platform: Ready; gateway: string }> {
  const platform = await readPlatform()
  const keys = await tokenKeys()
  say('building, and making tables, bucket, topic and role')
  await Promise.all([
    buildAll(cityFile),
    setUp(platform, names),
    hanshu(['mns', 'create', names.topic, '--topic']),
    readFile(join(root, 'role.json'), 'utf8').then((role) =>
      hanshu(['identity', 'put', 'roles/dispatch', role]),
    ),
  ])
  say('deploying')
  const output = await hanshu(['deploy', '-t', join(root, 's.yaml')], {
    DISPATCH_JWT_KEY: keys.privateKey,
    DISPATCH_JWK: keys.publicKey,
    DISPATCH_PHOTO_ENDPOINT: photoEndpoint(platform),
    DISPATCH_UPLOAD_ORIGIN: photoEndpoint(platform),
    ...endpointsFor(platform),
  })
  const gateway = /^ {2}dispatch: (http:\S+)$/m.exec(output)?.[1]
  if (gateway === undefined) throw new Error(`hanshu deploy did not say where the gateway is:\n${output}`)
  return { platform, gateway }
}

async function main(words: readonly string[]): Promise<void> {
  const cityFile = resolve(process.env['DISPATCH_CITY'] ?? join(root, 'cities/monaco.json'))
  await access(cityFile)
  const { gateway } = await deployCity(cityFile)
  void words
  say(`\nThe city is at ${gateway}/`)
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`city: ${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
}
