import assert from 'node:assert/strict'
import { it } from 'node:test'
import { xmlDocument } from '../lib/xml.ts'
import { xmlReply } from './xml.ts'

it('writes elements in order, repeats lists, leaves out what is undefined, and escapes text', () => {
  const content = { A: 'a<b>&"c\'', B: [{ C: 1 }, { C: 2 }], D: undefined, E: { F: '' } }
  assert.equal(
    xmlDocument('Root', content),
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<Root><A>a&lt;b&gt;&amp;&quot;c&apos;</A><B><C>1</C></B><B><C>2</C></B><E><F></F></E></Root>',
  )
})

it('never writes a control character as it is', () => {
  assert.match(xmlDocument('K', 'a\u0001\r\n\tb'), /<K>a&#x1;&#xD;\n\tb<\/K>$/)
})

it('replies as application/xml', () => {
  assert.deepEqual(xmlReply(200, 'A', '', { etag: 'x' }).headers, {
    'content-type': 'application/xml',
    etag: 'x',
  })
})
