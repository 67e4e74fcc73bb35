import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commands } from './commands/index.ts'
import { helpOf } from './help.ts'
import { run } from './run.ts'
import { scriptedTerminal } from './testing/scripted-terminal.ts'

test('without a command the commands are listed, and it counts as typed wrongly', async () => {
  const terminal = scriptedTerminal()
  assert.equal(await run([], terminal), 2)
  assert.match(terminal.output(), /deploy +Deploy the functions of an s\.yaml/)
})

test('an unknown command says which one was probably meant', async () => {
  const terminal = scriptedTerminal()
  assert.equal(await run(['depoly'], terminal), 2)
  assert.match(terminal.notes(), /no command depoly\. Did you mean hanshu deploy\?/)
})

test('an unknown verb of a group says which one was probably meant, and which there are', async () => {
  const terminal = scriptedTerminal()
  assert.equal(await run(['function', 'lst'], terminal), 2)
  assert.match(terminal.notes(), /Did you mean hanshu function list\? It knows: list, get, remove/)
})

test('a missing word shows how the command is used', async () => {
  const terminal = scriptedTerminal()
  assert.equal(await run(['invoke'], terminal), 2)
  assert.match(terminal.notes(), /Usage: hanshu invoke NAME/)
})

test('every command prints help with at least one example that begins with its own name', async () => {
  for (const [name, entry] of Object.entries(commands)) {
    const command = await entry.load()
    assert.ok(
      command.examples.some((example) => example.includes(`hanshu ${name}`)),
      name,
    )
    assert.ok(command.usage.startsWith(name), name)
    const help = await helpOf(command)
    assert.match(help, /--help/, name)
    for (const line of help.split('\n')) assert.ok(line.length <= 116, `${name}: ${line}`)
    for (const words of [
      [...name.split(' '), '--help'],
      ['help', ...name.split(' ')],
    ]) {
      const terminal = scriptedTerminal()
      assert.equal(await run(words, terminal), 0, words.join(' '))
      if (name !== 'help') assert.equal(terminal.output(), `${help}\n`)
    }
  }
})

test('a platform that does not run is said so, with the way to start it', async () => {
  const terminal = scriptedTerminal({ environment: { HANSHU_DATA: '/no/such/folder' } })
  assert.equal(await run(['status'], terminal), 1)
  assert.match(terminal.notes(), /The platform is not running: there is no \/no\/such\/folder\/ready\.json/)
  assert.match(terminal.notes(), /Start it with: hanshu up/)
})
