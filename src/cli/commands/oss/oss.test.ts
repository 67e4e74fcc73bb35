import assert from 'node:assert/strict'
import { mkdir, readdir, stat, symlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { keysOf, objectSession } from '../../testing/object-storage.fixture.ts'

const bytes = (sizeBytes: number): Buffer =>
  Buffer.from(Array.from({ length: sizeBytes }, (_, index) => (index * 31 + (index >> 8)) & 255))

test('buckets are made, listed and removed; one that is not empty stays, and it is said what to do', async (t) => {
  const { hanshu, write } = await objectSession(t)
  assert.equal((await hanshu(['mb', 'oss://photos', '--acl', 'public-read'])).output, 'made oss://photos\n')
  assert.match((await hanshu(['ls'])).output, /^BUCKET .*\n(.*\n)*photos +2026-01-01T00:00:00/)
  await write('a.jpg', 'A')
  await hanshu(['cp', 'a.jpg', 'oss://photos/'])
  const refused = await hanshu(['rb', 'oss://photos'])
  assert.equal(refused.exitCode, 1)
  assert.match(refused.notes, /BucketNotEmpty: .*hanshu oss rm -r oss:\/\/photos removes what is in it/)
  assert.equal(
    (await hanshu(['rm', '-r', 'oss://photos', '--force'])).output,
    'removed 1 object of oss://photos/\n',
  )
  assert.equal((await hanshu(['rb', 'oss://photos'])).exitCode, 0)
  const gone = await hanshu(['ls', 'oss://photos'])
  assert.equal(gone.exitCode, 1)
  assert.match(gone.notes, /There is no bucket photos\. hanshu oss ls shows those there are/)
})

test('a file goes there and back with its bytes, under the name that the target says', async (t) => {
  const session = await objectSession(t)
  const { hanshu, write, read, folder } = session
  await hanshu(['mb', 'oss://bbb'])
  const content = bytes(100_000)
  await write('a b.bin', content)
  for (const [target, key] of [
    ['oss://bbb', 'a b.bin'],
    ['oss://bbb/x/', 'x/a b.bin'],
    ["oss://bbb/dir/中文 +'?#%41", "dir/中文 +'?#%41"],
    ['oss://bbb/a/../c/./d//e', 'a/../c/./d//e'],
  ]) {
    const { exitCode, notes, output } = await hanshu(['cp', 'a b.bin', target!])
    assert.deepEqual([exitCode, notes], [0, ''])
    assert.match(output, /\(97\.7 KB\)\n$/)
    await hanshu(['cp', `oss://bbb/${key}`, `back/${Buffer.from(key!).toString('hex')}`])
    assert.deepEqual(await read(`back/${Buffer.from(key!).toString('hex')}`), content)
  }
  assert.equal((await keysOf(session, 'bbb')).length, 4)
  await mkdir(join(folder, 'there'))
  await hanshu(['cp', 'oss://bbb/x/a b.bin', 'there'])
  assert.deepEqual(await read('there/a b.bin'), content)
  assert.deepEqual(await readdir(join(folder, 'there')), ['a b.bin'])
  await write('empty', '')
  await hanshu(['cp', 'empty', 'oss://bbb/'])
  await hanshu(['cp', 'oss://bbb/empty', 'empty2'])
  assert.equal((await read('empty2')).length, 0)
})

test('what is large goes in parts, from a file and by a pipe, and comes back by a pipe', async (t) => {
  const session = await objectSession(t)
  const { hanshu, write, oss } = session
  await hanshu(['mb', 'oss://bbb'])
  const content = bytes(5 * 1024 * 1024 + 12_345)
  await write('large', content)
  const sent = await hanshu(['cp', 'large', 'oss://bbb/', '--part-size', '1'], { progressColumns: 100 })
  assert.deepEqual([sent.exitCode, sent.notes], [0, ''])
  assert.equal(oss.answered.filter(({ operation }) => operation === 'UploadPart').length, 6)
  assert.match(sent.shown[0]!, /^░+ {4}0 % {2}0 bytes of 5\.0 MB/)
  assert.equal(sent.shown.at(-1), '')
  const piped = await hanshu(['cp', '-', 'oss://bbb/piped', '--part-size', '1'], { input: content })
  assert.deepEqual([piped.exitCode, piped.notes, piped.output], [0, '', ''])
  assert.equal(oss.answered.filter(({ operation }) => operation === 'UploadPart').length, 12)
  await hanshu(['cp', '-', 'oss://bbb/short', '--part-size', '1'], { input: 'short' })
  await hanshu(['cp', '-', 'oss://bbb/nothing'], { input: '' })
  for (const key of ['large', 'piped']) {
    const own = session.terminal()
    const back: Buffer[] = []
    own.write = async (chunk) => void back.push(Buffer.from(chunk))
    const { run } = await import('../../run.ts')
    assert.equal(await run(['oss', 'cp', `oss://bbb/${key}`, '-'], own), 0)
    assert.ok(Buffer.concat(back).equals(content), key)
  }
  assert.equal((await hanshu(['cp', 'oss://bbb/short', '-'])).output, 'short')
  assert.equal((await hanshu(['cp', 'oss://bbb/nothing', '-'])).output, '')
})

test('an upload in parts that fails leaves nothing behind', async (t) => {
  const { hanshu, write, oss } = await objectSession(t, 512 * 1024)
  await hanshu(['mb', 'oss://bbb'])
  await write('large', bytes(5 * 1024 * 1024))
  const { exitCode, notes } = await hanshu(['cp', 'large', 'oss://bbb/', '--part-size', '1'])
  assert.equal(exitCode, 1)
  assert.match(notes, /EntityTooLarge/)
  assert.deepEqual(await oss.blobIds(), [])
  assert.equal((await hanshu(['rb', 'oss://bbb'])).exitCode, 0)
})

test('folders go there, from bucket to bucket and back, and links are followed only to files', async (t) => {
  const session = await objectSession(t)
  const { hanshu, write, read, folder } = session
  await hanshu(['mb', 'oss://bbb'])
  await hanshu(['mb', 'oss://ccc'])
  for (const name of ['site/index.html', 'site/a/1', 'site/a/2', 'site/a.b', 'site-old/x'])
    await write(name, name)
  await symlink('../site-old', join(folder, 'site/old'))
  await symlink('index.html', join(folder, 'site/home'))
  const sent = await hanshu(['cp', '-r', 'site', 'oss://bbb/www'])
  assert.match(sent.notes, /skipped .*site\/old: it is a link to what is no file\n(.*\n)*copied 5 files/)
  assert.deepEqual(await keysOf(session, 'bbb'), [
    'www/a.b',
    'www/a/1',
    'www/a/2',
    'www/home',
    'www/index.html',
  ])
  assert.equal((await hanshu(['cp', '-r', 'oss://bbb/www', 'oss://ccc/'])).exitCode, 0)
  assert.deepEqual(await keysOf(session, 'ccc'), ['a.b', 'a/1', 'a/2', 'home', 'index.html'])
  assert.equal((await hanshu(['cp', '-r', 'oss://ccc', 'back'])).exitCode, 0)
  assert.equal((await read('back/a/2')).toString(), 'site/a/2')
  assert.equal(
    (await hanshu(['cp', '-r', 'oss://bbb/ww', 'other'])).exitCode,
    1,
    'a folder is no prefix of names',
  )
})

test('an object is never written outside of the folder that was named', async (t) => {
  const { hanshu, write, folder } = await objectSession(t)
  await hanshu(['mb', 'oss://bbb'])
  await write('x', 'evil')
  for (const key of ['in/../../out', 'in/a//b', 'in/.', 'in/folder/', 'in/fine'])
    await hanshu(['cp', 'x', key.endsWith('/') ? `oss://bbb/${key}keep` : `oss://bbb/${key}`])
  await hanshu(['cp', '-', 'oss://bbb/in/marker/.keep'], { input: '' })
  const { notes, exitCode } = await hanshu(['cp', '-r', 'oss://bbb/in', 'down/here'])
  assert.equal(exitCode, 0)
  assert.equal(notes.match(/its key is no name of a file/g)?.length, 3)
  assert.deepEqual((await readdir(join(folder, 'down'), { recursive: true })).sort(), [
    'here',
    'here/fine',
    'here/folder',
    'here/folder/keep',
    'here/marker',
    'here/marker/.keep',
  ])
  assert.deepEqual((await readdir(folder)).sort(), ['down', 'x'])
})

test('sync copies what differs, removes only when told, and takes up what was cut off', async (t) => {
  const session = await objectSession(t)
  const { hanshu, write, read, folder } = session
  const old = new Date('2025-12-01T00:00:00Z')
  const age = (name: string, time = old) => utimes(join(folder, name), time, time)
  await hanshu(['mb', 'oss://bbb'])
  for (const name of ['1', '2', '3/4']) {
    await write(`site/${name}`, name)
    await age(`site/${name}`)
  }
  assert.match((await hanshu(['sync', 'site', 'oss://bbb/www'])).notes, /^copied 3 files \(5 bytes\)\n$/)
  assert.deepEqual(await hanshu(['sync', 'site', 'oss://bbb/www']), {
    exitCode: 0,
    output: '',
    notes: 'copied 0 files (0 bytes)\n',
    shown: [],
  })
  await age('site/1', new Date('2026-02-01T00:00:00Z'))
  assert.match(
    (await hanshu(['sync', 'site', 'oss://bbb/www'])).notes,
    /^copied 0 /,
    'newer, but the same bytes',
  )
  await write('site/2', 'X')
  assert.match(
    (await hanshu(['sync', 'site', 'oss://bbb/www'])).output,
    /^copied .*site\/2 to oss:\/\/bbb\/www\/2\n$/,
  )
  await write('site/1', 'Y')
  await age('site/1')
  assert.match(
    (await hanshu(['sync', 'site', 'oss://bbb/www'])).notes,
    /^copied 0 /,
    'its time says it is the same',
  )
  assert.match((await hanshu(['sync', 'site', 'oss://bbb/www', '--checksum'])).notes, /^copied 1 /)

  await hanshu(['cp', 'site/1', 'oss://bbb/www/extra'])
  assert.match((await hanshu(['sync', 'site', 'oss://bbb/www'])).notes, /^copied 0 /)
  const dry = await hanshu(['sync', 'site', 'oss://bbb/www', '--delete', '--dry-run'])
  assert.equal(dry.output, 'would remove oss://bbb/www/extra\n')
  assert.match(
    (await hanshu(['sync', 'site', 'oss://bbb/www', '--delete'])).output,
    /^removed oss:\/\/bbb\/www\/extra\n$/,
  )
  assert.deepEqual(await keysOf(session, 'bbb'), ['www/1', 'www/2', 'www/3/4'])

  assert.match((await hanshu(['sync', 'oss://bbb/www', 'down'])).notes, /^copied 3 /)
  assert.equal((await stat(join(folder, 'down/1'))).mtime.toISOString(), '2026-01-01T00:00:00.000Z')
  assert.match((await hanshu(['sync', 'oss://bbb/www', 'down'])).notes, /^copied 0 /)
  await write('down/1', 'Z')
  await write('down/more', 'more')
  assert.match(
    (await hanshu(['sync', 'oss://bbb/www', 'down', '--delete'])).output,
    /^removed .*more\n(.*\n)*$/m,
  )
  assert.equal((await read('down/1')).toString(), 'Y')

  await hanshu(['mb', 'oss://ccc'])
  assert.match((await hanshu(['sync', 'oss://bbb/www', 'oss://ccc'])).notes, /^copied 3 /)
  assert.match((await hanshu(['sync', 'oss://bbb/www', 'oss://ccc'])).notes, /^copied 0 /)
  const empty = await hanshu(['sync', 'oss://bbb/ww', 'oss://ccc', '--delete'])
  assert.equal(empty.exitCode, 1)
  assert.match(empty.notes, /SOURCE is empty/)
  assert.equal((await keysOf(session, 'ccc')).length, 3)
  assert.equal((await hanshu(['sync', 'missing', 'oss://ccc', '--delete'])).exitCode, 1)
  assert.equal((await hanshu(['sync', 'oss://bbb/www', 'oss://bbb'])).exitCode, 2)
})

test('removing all of a folder asks, and does nothing where nobody can answer', async (t) => {
  const session = await objectSession(t)
  const { hanshu, write } = session
  await hanshu(['mb', 'oss://bbb'])
  await write('x', 'x')
  for (const key of ['p/1', 'p/2', 'pq']) await hanshu(['cp', 'x', `oss://bbb/${key}`])
  assert.equal((await hanshu(['rm', '-r', 'oss://bbb/p'])).exitCode, 2)
  const no = await hanshu(['rm', '-r', 'oss://bbb/p'], { answers: [''] })
  assert.deepEqual([no.exitCode, no.notes], [1, 'Nothing was removed.\n'])
  assert.match(no.shown[0]!, /^Remove all that is in oss:\/\/bbb\/p\/\? \[y\/N\] $/)
  assert.equal((await hanshu(['rm', '-r', 'oss://bbb/p'], { answers: ['y'] })).exitCode, 0)
  assert.deepEqual(await keysOf(session, 'bbb'), ['pq'])
  const missing = await hanshu(['rm', 'oss://bbb/p/1'])
  assert.equal(missing.exitCode, 1)
  assert.match(missing.notes, /There is no object p\/1 in the bucket bbb/)
  assert.equal((await hanshu(['rm', 'oss://bbb/pq'])).output, 'removed oss://bbb/pq\n')
})

test('versions and uploads that were begun go only when that is said', async (t) => {
  const { hanshu, write, oss } = await objectSession(t)
  await hanshu(['mb', 'oss://bbb'])
  const on = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
  await oss.ask({ method: 'PUT', target: '/bbb?versioning', body: on })
  await oss.ask({ method: 'POST', target: '/bbb/begun?uploads' })
  await write('x', 'x')
  for (let index = 0; index < 3; index++) await hanshu(['cp', 'x', 'oss://bbb/k'])
  await hanshu(['rm', '-r', 'oss://bbb', '-f'])
  assert.equal((await hanshu(['rb', 'oss://bbb'])).exitCode, 1)
  const { output } = await hanshu(['rm', '-r', 'oss://bbb', '-f', '--versions'])
  assert.equal(output, 'removed 4 versions of oss://bbb/, aborted 1 upload\n')
  assert.equal((await hanshu(['rb', 'oss://bbb'])).exitCode, 0)
})

test('listings are folder by folder or whole, in pages, with what is needed to go on', async (t) => {
  const { hanshu, write } = await objectSession(t)
  await hanshu(['mb', 'oss://bbb'])
  await write('x', 'x'.repeat(2000))
  for (const key of ['a/1', 'a/2', 'b', 'c\u001b[31m']) await hanshu(['cp', 'x', `oss://bbb/${key}`])
  assert.deepEqual((await hanshu(['ls', 'oss://bbb'])).output.split('\n'), [
    '      SIZE  MODIFIED              KEY',
    '    folder                        a/',
    '    2.0 KB  2026-01-01T00:00:00Z  b',
    '    2.0 KB  2026-01-01T00:00:00Z  c?[31m',
    '',
  ])
  assert.match((await hanshu(['ls', '-r', 'oss://bbb/a'])).notes, /^2 objects, 3\.9 KB\n$/)
  const page = await hanshu(['ls', '-r', 'oss://bbb', '--limit', '2'])
  assert.equal(page.notes, "There is more: --after 'a/2'\n")
  assert.match((await hanshu(['ls', '-r', 'oss://bbb', '--after', 'a/2'])).output, /b\n.*c\?/)
  assert.equal((await hanshu(['ls', 'oss://bbb/zz', '--output', 'json'])).output, '[]\n')
})

test('a signed URL is good for what it says, until then', async (t) => {
  const { hanshu, write, oss } = await objectSession(t)
  await hanshu(['mb', 'oss://bbb'])
  await write('x', 'content')
  await hanshu(['cp', 'x', 'oss://bbb/a b/中'])
  const { output } = await hanshu(['presign', 'oss://bbb/a b/中', '--expires', '10m'])
  assert.equal(await (await fetch(output.trim())).text(), 'content')
  assert.equal((await fetch(output.trim(), { method: 'PUT', body: 'x' })).status, 403)
  const put = await hanshu(['presign', 'oss://bbb/new', '--method', 'PUT'])
  assert.equal((await fetch(put.output.trim(), { method: 'PUT', body: Buffer.from('x') })).status, 200)
  const typed = await hanshu(['presign', 'oss://bbb/n', '--method', 'PUT', '--content-type', 'text/css'])
  const send = (type: string) =>
    fetch(typed.output.trim(), { method: 'PUT', body: 'x', headers: { 'content-type': type } })
  assert.deepEqual([(await send('text/css')).status, (await send('text/html')).status], [200, 403])
  oss.clock.advance(11 * 60_000)
  assert.equal((await fetch(output.trim())).status, 403)
})

test('what goes wrong is said in words that help', async (t) => {
  const { hanshu, write, folder } = await objectSession(t)
  await hanshu(['mb', 'oss://bbb'])
  await write('x', 'x')
  await write('folder/y', 'y')
  const noPlatform = { environment: { HANSHU_OSS_ENDPOINT: 'http://127.0.0.1:1' } }
  const otherSecret = { environment: { HANSHU_ACCESS_KEY_SECRET: 'other' } }
  const otherKey = { environment: { HANSHU_ACCESS_KEY_ID: 'other' } }
  for (const [words, said, script] of [
    [['cp', 'x', 'oss://nope/'], /There is no bucket nope/],
    [['cp', '-r', 'folder', 'oss://nope/'], /There is no bucket nope/],
    [['cp', 'missing', 'oss://bbb/'], /^There is no .*missing\.\n$/],
    [['cp', 'folder', 'oss://bbb/'], /folder is a folder\. Say -r/],
    [['cp', 'oss://bbb/missing', 'y'], /There is no object missing in the bucket bbb/],
    [['cp', 'oss://bbb/missing', '-'], /There is no object missing in the bucket bbb/],
    [['cp', 'x', 'oss://bbb/'], /The platform is not running: nothing answers at/, noPlatform],
    [['ls', 'oss://bbb'], /The secret of the access key LTAIroot is another/, otherSecret],
    [['ls', 'oss://bbb'], /does not know the access key other/, otherKey],
  ] as [string[], RegExp, object?][]) {
    const { exitCode, notes } = await hanshu(words, script)
    assert.equal(exitCode, 1, words.join(' '))
    assert.match(notes, said)
  }
  await hanshu(['cp', 'x', 'oss://bbb/x'])
  await hanshu(['cp', 'x', 'oss://bbb/x/y'])
  const clash = await hanshu(['cp', '-r', 'oss://bbb', 'clash'])
  assert.equal(clash.exitCode, 1)
  assert.deepEqual((await readdir(join(folder, 'clash'))).length, 1)
  for (const words of [
    ['cp', 'x', 'y'],
    ['cp', 'x', 'oss://'],
    ['cp', '-', 'oss://bbb/'],
    ['cp', 'oss://bbb/', 'x'],
    ['cp', 'x', 'oss://bbb/', '--part-size', '0'],
    ['rm', 'oss://bbb'],
    ['rm', 'oss://bbb/folder/'],
    ['mb', 'oss://bbb', '--acl', 'secret'],
    ['rb', 'oss://bbb/key'],
    ['presign', 'oss://bbb/k', '--expires', '8d'],
    ['ls', 'b'],
    ['ls', '--limit', '0'],
  ]) {
    assert.equal((await hanshu(words)).exitCode, 2, words.join(' '))
  }
})
