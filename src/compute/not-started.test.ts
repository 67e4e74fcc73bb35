import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exitedBeforeServing, notListening } from './not-started.ts'

const exit = { signal: null, command: 'node app.js', log: 'boom\n' }

test('an exit before listening is told with code, the text of that error number, command and log', () => {
  assert.deepEqual(exitedBeforeServing({ ...exit, code: 1 }).refusal, {
    outcome: 'notStarted',
    code: 'CAExited',
    message:
      "Function instance exited unexpectedly(code 1, message:operation not permitted) with start command 'node app.js'.\nLogs:boom",
  })
  assert.match(exitedBeforeServing({ ...exit, code: 2 }).message, /code 2, message:no such file or directory/)
  assert.match(exitedBeforeServing({ ...exit, code: 127 }).message, /code 127, message:key has expired/)
  assert.match(exitedBeforeServing({ ...exit, code: 0 }).message, /unexpectedly\(code 0\)/)
  assert.match(exitedBeforeServing({ ...exit, code: null, signal: 'SIGKILL' }).message, /signal SIGKILL/)
})

test('a start command that is not there, or may not be executed, has a code of its own', () => {
  const missing = exitedBeforeServing({
    ...exit,
    code: 127,
    log: 'cannot start /code/bootstrap: no such file\n',
  })
  assert.equal(missing.refusal.code, 'CAFileNotFound')
  assert.match(missing.message, /the file \/code\/bootstrap is not exist/)
  const forbidden = exitedBeforeServing({
    ...exit,
    code: 126,
    log: 'cannot start /code/bootstrap: permission denied (it has no execute bit)\n',
  })
  assert.equal(forbidden.refusal.code, 'CAFilePermission')
})

test('a program that does not listen in time is told with its port', () => {
  assert.deepEqual(notListening({ port: 9001, timeoutMs: 120_000, log: '' }).refusal, {
    outcome: 'notStarted',
    code: 'FunctionNotStarted',
    message: 'Function instance health check failed on port 9001 in 120 seconds.\nLogs:',
  })
})
