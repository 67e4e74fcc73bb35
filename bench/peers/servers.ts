/** Other platforms that answer `hello` over HTTP, each as its own documentation starts it. Only this machine is spoken to. */
import { join } from 'node:path'
import { freePort, type Server, type ServerCommand, startServer } from '../lib/children.ts'
import type { Bench } from '../lib/row.ts'

const here = import.meta.dirname
const apps = join(here, '../apps')
const packages = join(here, '../node_modules')

const workerdProgram = (): string => {
  const architecture = process.arch === 'x64' ? '64' : process.arch
  return join(packages, `@cloudflare/workerd-${process.platform}-${architecture}/bin/workerd`)
}

const commands: Record<string, (port: number, home: string) => ServerCommand> = {
  'node:http': (port) => ({ file: process.execPath, args: [join(here, 'raw-http.mjs'), String(port)] }),

  'functions-framework': (port) => ({
    file: process.execPath,
    args: [join(packages, '@google-cloud/functions-framework/build/src/main.js'), '--target=hello'],
    cwd: join(apps, 'functions-framework'),
    environment: { PORT: String(port), HOST: '127.0.0.1', NODE_ENV: 'production' },
  }),

  workerd: (port) => ({
    file: workerdProgram(),
    args: ['serve', `--socket-addr=http=127.0.0.1:${port}`, join(apps, 'workerd/config.capnp')],
  }),

  'serverless-offline': (port, home) => ({
    file: process.execPath,
    args: [
      join(packages, 'serverless/bin/serverless.js'),
      'offline',
      ...['--host', '127.0.0.1', '--httpPort', String(port), '--lambdaPort', String(port + 1)],
      ...['--noPrependStageInUrl'],
    ],
    cwd: join(apps, 'serverless-offline'),
    environment: {
      SLS_TELEMETRY_DISABLED: '1',
      SLS_NOTIFICATIONS_MODE: 'off',
      SLS_DEPRECATION_DISABLE: '*',
      HOME: home,
    },
  }),
}

export interface Peer extends Server {
  name: string
  url: string
}

export const peerNames: readonly string[] = Object.keys(commands)

export async function startPeer(bench: Bench, name: string): Promise<Peer> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  return { name, url, ...(await startServer(bench, commands[name]!(port, bench.folder), url)) }
}
