import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArguments } from './arguments.ts'
import type { Flags } from './command.ts'
import { UsageError } from './errors.ts'

const flags = {
  event: { value: 'TEXT', short: 'e', help: 'What is sent.' },
  runtime: { value: 'NAME', repeatable: true, help: 'May be repeated.' },
  tail: { help: 'A switch.' },
} as const satisfies Flags

test('flags stand before, after and between the words, as --name value, --name=value and -n value', () => {
  assert.deepEqual(readArguments(['hello', '--event', '{}', '--tail'], flags), {
    positionals: ['hello'],
    flags: { event: '{}', tail: true },
  })
  assert.deepEqual(readArguments(['--event=a=b', 'hello', '-e', 'last'], flags).flags.event, 'last')
})

test('a flag that may be repeated gives a list, and a switch can be switched off', () => {
  const { flags: read } = readArguments(['--runtime', 'a', '--runtime', 'b', '--no-tail'], flags)
  assert.deepEqual(read, { runtime: ['a', 'b'], tail: false })
})

test('what follows -- is a word, and so is a value that looks like a number below zero', () => {
  assert.deepEqual(readArguments(['--', '--event'], flags).positionals, ['--event'])
  assert.equal(readArguments(['--event=-1'], flags).flags.event, '-1')
})

for (const [words, message] of [
  [['--evnet', 'x'], /no flag --evnet\. Did you mean --event\?/],
  [['--event'], /--event needs a value: --event TEXT/],
  [['--event', '--tail'], /--event needs a value/],
  [['--tail=yes'], /--tail takes no value/],
  [['--no-event'], /no flag --no-event/],
  [['-x'], /no flag -x/],
] as const) {
  test(`${words.join(' ')} is refused with a reason`, () => {
    assert.throws(
      () => readArguments([...words], flags),
      (error) => error instanceof UsageError && message.test(error.message),
    )
  })
}
