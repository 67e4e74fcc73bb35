import { resolve } from 'node:path'
import { type Command, isSet, platformFlags, text } from '../../command.ts'
import { packageOf } from '../../deploy/package.ts'
import { megabytes, upload } from '../../deploy/upload.ts'
import { CommandFailed } from '../../errors.ts'
import { API, connect, type Platform } from '../../platform.ts'

interface LayerVersion {
  version: number
  layerVersionArn: string
  codeChecksum: string
  compatibleRuntime?: string[]
}

export const layerPublish: Command = {
  summary: 'Publish a folder (or zip file) as a new version of a layer, which functions find under /opt',
  usage: 'layer publish NAME PATH [--runtime NAME]... [FLAGS]',
  details: [
    'Prints the ARN of the version. When the newest version is the same already, nothing is published.',
    "With --official the layer takes the place of one of the vendor's own, none of which comes with the platform:",
    'get its ZIP from the cloud (GetLayerVersionByArn answers a link), and give the number that functions name.',
  ].join('\n'),
  examples: [
    'hanshu layer publish greeting layer/',
    'hanshu layer publish tools tools.zip --runtime nodejs20 --runtime nodejs22 --description "Our tools"',
    'hanshu layer publish Nodejs20 nodejs20.zip --official 1 --runtime custom.debian12',
  ],
  positionals: { min: 2, max: 2 },
  flags: {
    runtime: { value: 'NAME', repeatable: true, help: 'A runtime that the layer is for; may be repeated.' },
    description: { value: 'TEXT', help: 'What it is.' },
    license: { value: 'TEXT', help: 'Its license.' },
    official: {
      value: 'VERSION',
      help: "Provide it as this version of the vendor's own layer of that name.",
    },
    force: {
      help: 'Publish, even if the newest version is the same; with --official, replace that version.',
    },
    ...platformFlags,
  },

  async run(args, terminal) {
    const [layerName = '', path = ''] = args.positionals
    const official = text(args, 'official')
    if (official !== undefined && !/^[1-9]\d{0,8}$/.test(official))
      throw new CommandFailed(
        `--official takes the number of a version, a number from 1 on (given: '${official}').`,
      )
    const platform = await connect(args, terminal)
    const pack = await packageOf(resolve(terminal.workingDir, path))
    try {
      const runtimes = [...((args.flags.runtime as readonly string[] | undefined) ?? [])]
      const newest = isSet(args, 'force')
        ? undefined
        : official === undefined
          ? await newestVersion(platform, layerName)
          : await officialVersion(platform, layerName, official)
      if (newest?.codeChecksum === pack.checksum && sameSet(newest.compatibleRuntime ?? [], runtimes)) {
        terminal.note(`unchanged: version ${newest.version}`)
        terminal.print(newest.layerVersionArn)
        return 0
      }
      if (newest && official !== undefined) {
        throw new CommandFailed(
          `Version ${official} of the official layer '${layerName}' is there, with other contents. --force replaces it.`,
        )
      }
      const name = encodeURIComponent(layerName)
      const published = await platform.call<LayerVersion>({
        ...(official === undefined
          ? { action: 'CreateLayerVersion', method: 'POST', path: `${API}/layers/${name}/versions` }
          : {
              action: 'PutOfficialLayerVersion',
              method: 'PUT',
              path: `/hanshu/official-layers/${name}/versions/${encodeURIComponent(official)}`,
            }),
        body: {
          code: await upload(pack, platform, terminal),
          ...(runtimes.length > 0 ? { compatibleRuntime: runtimes } : {}),
          description: text(args, 'description') ?? '',
          license: text(args, 'license') ?? '',
        },
      })
      terminal.note(`published version ${published.version} (${megabytes(pack.sizeBytes)})`)
      terminal.print(published.layerVersionArn)
      return 0
    } finally {
      await pack.dispose()
    }
  },
}

/** What is provided as this version. */
async function officialVersion(
  platform: Platform,
  layerName: string,
  version: string,
): Promise<LayerVersion | undefined> {
  const layers = await platform.list<LayerVersion & { layerName: string }>(
    {
      action: 'ListLayers',
      method: 'GET',
      path: `${API}/layers`,
      query: { official: 'true', prefix: layerName },
    },
    'layers',
  )
  const region = layers.find((layer) => layer.layerName === layerName)?.layerVersionArn.split(':')[2]
  if (region === undefined) return undefined
  const arn = `acs:fc:${region}:official:layers/${layerName}/versions/${version}`
  return platform.find<LayerVersion>({
    action: 'GetLayerVersionByArn',
    method: 'GET',
    path: `${API}/layerarn/${encodeURIComponent(arn)}`,
  })
}

async function newestVersion(platform: Platform, layerName: string): Promise<LayerVersion | undefined> {
  const path = `${API}/layers/${encodeURIComponent(layerName)}/versions`
  let newest: LayerVersion | undefined
  let startVersion: string | undefined
  // A layer has 100 versions at most.
  for (let page = 0; page < 100; page++) {
    const answer = await platform.find<{ layers?: LayerVersion[]; nextVersion?: number }>({
      action: 'ListLayerVersions',
      method: 'GET',
      path,
      query: { limit: '100', startVersion },
    })
    for (const layer of answer?.layers ?? []) {
      if (!newest || layer.version > newest.version) newest = layer
    }
    if (!answer?.nextVersion || !answer.layers?.length) break
    startVersion = String(answer.nextVersion)
  }
  return newest
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((item) => b.includes(item))
