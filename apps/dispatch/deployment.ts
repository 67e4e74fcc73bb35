/** The functions of the application: what the build makes, and `s.yaml` deploys. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { buildFunction, type FunctionBuild, root } from './build.ts'
import { networkOfExtract } from './map/build.ts'

/** `cityFile`: absolute path of the city's file, which names its extract of OpenStreetMap. `codeDir`: where the functions go. */
export async function buildAll(cityFile: string, codeDir: string): Promise<void> {
  const city = { from: cityFile, to: 'city.json' }
  const roads = { from: join(codeDir, 'city.roads'), to: 'city.roads' }
  await buildRoads(cityFile, roads.from)
  const functions: FunctionBuild[] = [
    { name: 'session', entry: 'functions/session.ts' },
    { name: 'orders', entry: 'functions/orders.ts', packages: ['tablestore', 'ali-oss'], assets: [city] },
    { name: 'riders', entry: 'functions/riders.ts', packages: ['tablestore'], assets: [city] },
    { name: 'outbox', entry: 'functions/outbox.ts', packages: ['@alicloud/mns'] },
    { name: 'notify', entry: 'functions/notify.ts', packages: ['tablestore'], assets: [city] },
    {
      name: 'dispatcher',
      entry: 'functions/dispatcher.ts',
      packages: ['tablestore'],
      assets: [city, roads],
    },
    { name: 'reports', entry: 'functions/reports.ts', packages: ['tablestore'], assets: [city] },
    { name: 'map', entry: 'functions/map.ts', packages: ['tablestore'], assets: [city, roads] },
    {
      name: 'pages',
      entry: 'functions/pages.ts',
      sites: [{ from: join(root, 'pages/web'), to: 'web' }],
    },
  ]
  for (const each of functions) await buildFunction(each, codeDir)
}

async function buildRoads(cityFile: string, target: string): Promise<void> {
  const { extract } = JSON.parse(await readFile(cityFile, 'utf8')) as { extract: string }
  const bytes = networkOfExtract(await readFile(resolve(dirname(cityFile), extract))).toBytes()
  await mkdir(dirname(target), { recursive: true })
  await writeFile(target, bytes)
}
