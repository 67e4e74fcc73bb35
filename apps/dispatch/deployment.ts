/** The functions of the application: what the build makes, and `s.yaml` deploys. */
import { join } from 'node:path'
import { buildFunction, type FunctionBuild, root } from './build.ts'

export const codeDir = join(root, 'code')

/** `city`: absolute path of the city's file, which every function gets. */
export async function buildAll(city: string): Promise<void> {
  const cityFile = { from: city, to: 'city.json' }
  const functions: FunctionBuild[] = [
    { name: 'session', entry: 'functions/session.ts' },
    { name: 'orders', entry: 'functions/orders.ts', assets: [cityFile] },
    { name: 'riders', entry: 'functions/riders.ts', assets: [cityFile] },
    { name: 'outbox', entry: 'functions/outbox.ts', packages: ['@alicloud/mns'] },
    { name: 'notify', entry: 'functions/notify.ts', packages: ['tablestore'], assets: [cityFile] },
    {
      name: 'pages',
      entry: 'functions/pages.ts',
      sites: [{ from: join(root, 'pages/web'), to: 'web' }],
    },
  ]
  for (const each of functions) await buildFunction(each, codeDir)
}
