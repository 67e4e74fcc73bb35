import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ignoreOf } from './ignore.ts'

const table: [lines: string[], path: string, isFolder: boolean, ignored: boolean][] = [
  [['*.log'], 'a.log', false, true],
  [['*.log'], 'deep/down/a.log', false, true],
  [['*.log'], 'a.log.txt', false, false],
  [['/build'], 'build', true, true],
  [['/build'], 'src/build', true, false],
  [['build/'], 'src/build', true, true],
  [['build/'], 'src/build', false, false],
  [['doc/*.txt'], 'doc/a.txt', false, true],
  [['doc/*.txt'], 'doc/deep/a.txt', false, false],
  [['doc/**/a.txt'], 'doc/a.txt', false, true],
  [['doc/**/a.txt'], 'doc/x/y/a.txt', false, true],
  [['**/tmp'], 'a/b/tmp', false, true],
  [['tmp/**'], 'tmp/a/b', false, true],
  [['tmp/**'], 'tmp', true, false],
  [['*.js', '!keep.js'], 'keep.js', false, false],
  [['!keep.js', '*.js'], 'keep.js', false, true],
  [['a?c'], 'abc', false, true],
  [['a?c'], 'a/c', false, false],
  [['[a-c].txt'], 'b.txt', false, true],
  [['[!a-c].txt'], 'b.txt', false, false],
  [['# comment', '', '\\#file'], '#file', false, true],
  [['# comment'], '# comment', false, false],
  [['name with space  '], 'name with space', false, true],
  [['a+b(c)'], 'a+b(c)', false, true],
  [[], '.git', true, true],
  [[], 'node_modules/.cache', true, true],
  [[], 'node_modules/left-pad', true, false],
  [[], '.gitignore', false, false],
]

for (const [lines, path, isFolder, ignored] of table) {
  test(`${JSON.stringify(lines)} ${ignored ? 'leaves out' : 'keeps'} ${path}${isFolder ? '/' : ''}`, () => {
    assert.equal(ignoreOf(lines)(path, isFolder), ignored)
  })
}
