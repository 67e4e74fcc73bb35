import { dirname, resolve } from 'node:path'
import { type Command, isSet, platformFlags, text } from '../command.ts'
import { type DeploySettings, deployFunction } from '../deploy/deploy-function.ts'
import { connectGateway, deployGateway } from '../deploy/gateway/deploy-gateway.ts'
import { readResources } from '../deploy/read-resources.ts'
import { connect } from '../platform.ts'

export const deploy: Command = {
  summary: 'Deploy the functions (component fc3) and gateway APIs (apigateway) of an s.yaml',
  usage: 'deploy [RESOURCE...] [-t FILE] [FLAGS]',
  details:
    'Compares the file with the platform, prints what differs, and does that and nothing else: a second deploy\n' +
    'sends no write. It asks nothing. Nothing is removed unless --prune is given, and then only triggers,\n' +
    'asyncInvokeConfig and concurrencyConfig of the functions in the file, and APIs of its groups, stages that\n' +
    'they are deployed to, and their plugins and apps. Functions come first, then the gateways in front of them.\n' +
    'What .fcignore and .funignore name is left out of the code.',
  examples: [
    'hanshu deploy',
    'hanshu deploy -t services/shop/s.yaml --plan',
    'hanshu deploy api worker --prune',
    'hanshu deploy --run-actions',
  ],
  positionals: { min: 0, max: 100 },
  flags: {
    template: { value: 'FILE', short: 't', help: 'The file to read; default: s.yaml.' },
    plan: { help: 'Only show what would be done. The exit code is 0 either way.' },
    prune: { help: 'Remove what the platform has and the file has not.' },
    'run-actions': { help: 'Run the pre-deploy actions of the file, which are commands on this machine.' },
    ...platformFlags,
  },

  async run(args, terminal) {
    const file = resolve(terminal.workingDir, text(args, 'template') ?? 's.yaml')
    const platform = await connect(args, terminal)
    const { functions, gateways } = await readResources(file, args.positionals, platform, terminal)
    const settings: DeploySettings = {
      platform,
      terminal,
      folder: dirname(file),
      onlyPlan: isSet(args, 'plan'),
      prune: isSet(args, 'prune'),
      runActions: isSet(args, 'run-actions'),
    }
    let allDone = true
    for (const resource of functions) allDone = (await deployFunction(resource, settings)) && allDone
    if (gateways.length > 0) {
      const rpc = await connectGateway(args, settings)
      for (const resource of gateways) allDone = (await deployGateway(resource, rpc, settings)) && allDone
    }
    return allDone ? 0 : 1
  },
}
