import { type Command, isSet, outputFlag, platformFlags, text } from '../../command.ts'
import { megabytes } from '../../deploy/upload.ts'
import { readOutput, table } from '../../output.ts'
import { API, connect } from '../../platform.ts'

interface LayerSummary {
  layerName: string
  version: number
  layerVersionArn: string
  codeSize?: number
  compatibleRuntime?: string[]
}

export const layerList: Command = {
  summary: 'List layers, each with its newest version',
  usage: 'layer list [--prefix TEXT] [--official] [FLAGS]',
  examples: ['hanshu layer list', 'hanshu layer list --output json'],
  positionals: { min: 0, max: 0 },
  flags: {
    prefix: { value: 'TEXT', help: 'Only names that begin so.' },
    official: { help: "Those that are provided in place of the vendor's own." },
    ...outputFlag,
    ...platformFlags,
  },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const platform = await connect(args, terminal)
    const layers = await platform.list<LayerSummary>(
      {
        action: 'ListLayers',
        method: 'GET',
        path: `${API}/layers`,
        query: { prefix: text(args, 'prefix'), ...(isSet(args, 'official') ? { official: 'true' } : {}) },
      },
      'layers',
    )
    if (output === 'json') {
      terminal.print(JSON.stringify(layers, null, 2))
      return 0
    }
    const rows = layers.map((it) => [
      it.layerName,
      String(it.version),
      it.codeSize === undefined ? '' : megabytes(it.codeSize),
      (it.compatibleRuntime ?? []).join(','),
      it.layerVersionArn,
    ])
    for (const line of table(['NAME', 'VERSION', 'SIZE', 'RUNTIMES', 'ARN'], rows)) terminal.print(line)
    return 0
  },
}
