import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ask } from './message.testing.ts'
import { addressAnswer, answers, codes, type Question, readQuestion, refusal, withId } from './message.ts'

function question(message: Buffer): Question {
  const asked = readQuestion(message)
  assert.ok(asked.is === 'question')
  return asked.question
}

const label = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789-_'),
  minLength: 1,
  maxLength: 63,
})
const name = fc
  .array(label, { minLength: 1, maxLength: 8 })
  .map((labels) => labels.join('.'))
  .filter((text) => text.length <= 253)

describe('messages of DNS', () => {
  it('reads the question, whatever its case', () => {
    fc.assert(
      fc.property(name, fc.nat(0xffff), fc.nat(0xffff), fc.boolean(), (text, id, type, extended) => {
        const { head, ...read } = question(ask(text.toUpperCase(), { id, type, extended }))
        assert.deepEqual(read, { id, name: text, type, isInternet: true, extended })
        assert.equal(head.length, 12 + text.length + 2 + 4)
      }),
    )
  })

  it('never fails, whatever the bytes are, and answers with the number of the question', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const message = Buffer.from(bytes)
        const asked = readQuestion(message)
        if (asked.is === 'nothing') return
        const reply =
          asked.is === 'flawed'
            ? refusal(asked.head, asked.code)
            : addressAnswer(asked.question, '10.1.0.1', 60)
        assert.equal(reply.readUInt16BE(0), message.readUInt16BE(0))
        assert.ok(reply.readUInt16BE(2) & 0x8000)
        answers(message, { id: 0, name: '', type: 1 })
      }),
    )
  })

  it('is not misled by what a question is changed into', () => {
    const sound = ask('bucket.oss-cn-hangzhou.aliyuncs.com', { extended: true })
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.nat(255), fc.nat(sound.length), (at, value, length) => {
        const message = Buffer.from(sound)
        message[at] = value
        const asked = readQuestion(message.subarray(0, length))
        if (asked.is === 'question') addressAnswer(asked.question, '10.1.0.1', 60)
      }),
    )
  })

  it('says nothing to answers and to scraps', () => {
    const answer = refusal(ask('a.b'), codes.refused)
    assert.equal(readQuestion(answer).is, 'nothing')
    assert.equal(readQuestion(ask('a.b').subarray(0, 11)).is, 'nothing')
  })

  it('finds fault with names that are abbreviated or cut off, with several questions and with other requests', () => {
    const sound = ask('a.b')
    const with_ = (change: (message: Buffer) => void): Buffer => {
      const message = Buffer.from(sound)
      change(message)
      return message
    }
    const flawed: [Buffer, number][] = [
      [with_((message) => message.writeUInt8(0xc0, 12)), codes.formatError],
      [sound.subarray(0, -1), codes.formatError],
      [with_((message) => message.writeUInt16BE(2, 4)), codes.formatError],
      [with_((message) => message.writeUInt16BE(0, 4)), codes.formatError],
      [with_((message) => message.writeUInt16BE(5 << 11, 2)), codes.notImplemented],
    ]
    for (const [message, code] of flawed) {
      const asked = readQuestion(message)
      assert.deepEqual([asked.is, asked.is === 'flawed' && asked.code], ['flawed', code])
    }
  })

  it('does not take a dot in a label for the end of the label', () => {
    const message = ask('evil_aliyuncs.com')
    message[message.indexOf('_')] = '.'.charCodeAt(0)
    assert.equal(question(message).name, 'evil\\.aliyuncs.com')
  })

  it('answers with the address to those who ask for it, and with nothing to others', () => {
    const asked = question(ask('A.b', { id: 7 }))
    const answer = addressAnswer(asked, '10.2.0.1', 60)
    assert.equal(
      answer.toString('hex'),
      // Head; question, in the case that it came in; name, type, class, seconds, length, address.
      '000781800001000100000000' +
        '0141016200' +
        '00010001' +
        'c00c' +
        '00010001' +
        '0000003c' +
        '0004' +
        '0a020001',
    )
    const v6 = addressAnswer(question(ask('a.b', { type: 28 })), '10.2.0.1', 60)
    assert.deepEqual([v6.readUInt16BE(2) & 15, v6.readUInt16BE(6)], [codes.noError, 0])
    const extended = addressAnswer(question(ask('a.b', { extended: true })), '10.2.0.1', 60)
    assert.equal(extended.subarray(-11).toString('hex'), '00002904d0' + '000000000000')
    assert.equal(extended.readUInt16BE(10), 1)
  })

  it('knows the answer to a question from those to others', () => {
    const asked = question(ask('a.b', { id: 7 }))
    const answer = addressAnswer(question(ask('A.B', { id: 7 })), '10.2.0.1', 60)
    assert.ok(answers(answer, asked))
    assert.ok(!answers(withId(answer, 8), asked))
    assert.ok(!answers(answer, { ...asked, name: 'a.c' }))
    assert.ok(!answers(answer, { ...asked, type: 28 }))
    assert.ok(!answers(ask('a.b', { id: 7 }), asked))
  })
})
