import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lineProcess } from './line-process.ts'

/** Answers every line with itself and a full stop, except `die`. */
const SCRIPT = 'while read line; do test "$line" = die && exit 3; echo "$line" >&2; echo .; done'
const echoing = () =>
  lineProcess({ command: '/bin/sh', args: ['-c', SCRIPT], endsAnswer: (line) => line === '.' })

test('answers come in the order of the questions, with what was said to standard error', async () => {
  const process = echoing()
  const answers = await Promise.all(['a', 'b', 'c'].map((word) => process.ask(word)))
  assert.deepEqual(answers, [
    ['a', '.'],
    ['b', '.'],
    ['c', '.'],
  ])
  await process.close()
})

test('a program that ended rejects what is open, and the next question starts it again', async () => {
  const process = echoing()
  const open = [process.ask('die'), process.ask('b')]
  for (const question of open) await assert.rejects(question, /ended with 3/)
  assert.deepEqual(await process.ask('c'), ['c', '.'])
  await process.close()
  await assert.rejects(process.ask('d'), /closed/)
})

test('a program that does not exist rejects', async () => {
  const process = lineProcess({ command: '/no-such-program', args: [], endsAnswer: () => false })
  await assert.rejects(process.ask('a'), /ended with 127/)
  await process.close()
})

test('a program that does not answer in time is ended', async () => {
  const process = lineProcess({
    command: 'sleep',
    args: ['1000'],
    endsAnswer: () => false,
    answerTimeoutMs: 20,
  })
  await assert.rejects(process.ask('a'), /SIGKILL/)
  await process.close()
})
