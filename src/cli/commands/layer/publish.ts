import { resolve } from 'node:path'
import { type Command, isSet, platformFlags, text } from '../../command.ts'
import { packageOf } from '../../deploy/package.ts'
import { megabytes, upload } from '../../deploy/upload.ts'
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
  details:
    'Prints the ARN of the version. When the newest version is the same already, nothing is published.',
  examples: [
    'hanshu layer publish greeting layer/',
    'hanshu layer publish tools tools.zip --runtime nodejs20 --runtime nodejs22 --description "Our tools"',
  ],
  positionals: { min: 2, max: 2 },
  flags: {
    runtime: { value: 'NAME', repeatable: true, help: 'A runtime that the layer is for; may be repeated.' },
    description: { value: 'TEXT', help: 'What it is.' },
    license: { value: 'TEXT', help: 'Its license.' },
    force: { help: 'Publish, even if the newest version is the same.' },
    ...platformFlags,
  },

  async run(args, terminal) {
    const [layerName = '', path = ''] = args.positionals
    const platform = await connect(args, terminal)
    const pack = await packageOf(resolve(terminal.workingDir, path))
    try {
      const runtimes = [...((args.flags.runtime as readonly string[] | undefined) ?? [])]
      const newest = isSet(args, 'force') ? undefined : await newestVersion(platform, layerName)
      if (newest?.codeChecksum === pack.checksum && sameSet(newest.compatibleRuntime ?? [], runtimes)) {
        terminal.note(`unchanged: version ${newest.version}`)
        terminal.print(newest.layerVersionArn)
        return 0
      }
      const published = await platform.call<LayerVersion>({
        action: 'CreateLayerVersion',
        method: 'POST',
        path: `${API}/layers/${encodeURIComponent(layerName)}/versions`,
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
