/** The example of thumbnails, as its README has it: one upload leads through three functions and four products. */
import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import sharp from 'sharp'
import { packageFiles } from '../packages.fixture.ts'
import { noSandboxesHere } from '../platform.fixture.ts'
import { eventually, repository, startPlatform } from './platform.ts'

/** The example with its packages, which are those of the development tools here, so that nothing is downloaded. */
async function example(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-e2e-thumbnails-'))
  await cp(join(repository, 'examples/thumbnails'), folder, { recursive: true })
  for (const name of ['thumbnail', 'announce']) {
    const code = join(folder, 'code', name)
    const { dependencies } = JSON.parse(await readFile(join(code, 'package.json'), 'utf8'))
    for (const [path, content] of Object.entries(packageFiles(...Object.keys(dependencies)))) {
      await mkdir(dirname(join(code, path)), { recursive: true })
      await writeFile(join(code, path), content)
    }
  }
  return folder
}

test('an upload becomes a thumbnail, a row, a message and a line in a log', {
  skip: await noSandboxesHere(),
}, async (t: TestContext) => {
  const folder = await example()
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { must } = await startPlatform(t)
  await must('oss', 'mb', 'oss://pictures')
  await must('ots', 'create-table', 'thumbnails', 'key:string', '--stream', '24', '--instance', 'thumbnails')
  await must('mns', 'create', 'thumbnails', '--topic')
  await must('identity', 'put', 'roles/thumbnails', await readFile(join(folder, 'role.json'), 'utf8'))
  await must('deploy', '-t', join(folder, 's.yaml'))

  const photo = join(folder, 'photo.jpg')
  await sharp({ create: { width: 640, height: 480, channels: 3, background: 'teal' } }).toFile(photo)
  const { length } = await readFile(photo)
  await must('oss', 'cp', photo, 'oss://pictures/in/photo.jpg')

  const log = await eventually(
    () => must('logs', 'report'),
    (text) => text.includes('has a thumbnail'),
  )
  assert.match(log, new RegExp(`in/photo.jpg \\(${length} bytes\\) has a thumbnail: out/photo.jpg`))
  const thumbnail = join(folder, 'thumbnail.jpg')
  await must('oss', 'cp', 'oss://pictures/out/photo.jpg', thumbnail)
  const { width, height } = await sharp(thumbnail).metadata()
  assert.deepEqual([width, height], [120, 90])
  const row = JSON.parse(
    await must('ots', 'get', 'thumbnails', 'key=in/photo.jpg', '--instance', 'thumbnails'),
  )
  assert.equal(row.thumbnail, 'out/photo.jpg')
  const triggers = JSON.parse(await must('trigger', 'list', '--output', 'json'))
  assert.deepEqual(
    triggers.map(({ functionName, waiting }: { functionName: string; waiting: number }) => [
      functionName,
      waiting,
    ]),
    [
      ['announce', 0],
      ['report', 0],
      ['thumbnail', 0],
    ],
  )
})
