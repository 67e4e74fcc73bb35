import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { xmlDocument } from './xml.ts'
import { childrenOf, MalformedXml, parseXml, textOf } from './xml-reader.ts'

describe('a document', () => {
  it('is a tree of elements with their text', () => {
    const root = parseXml('<?xml version="1.0"?><A x="1"> <B>b&amp;<![CDATA[<c>]]></B><!-- no --><B/> </A>')
    assert.equal(root.name, 'A')
    assert.deepEqual(
      childrenOf(root, 'B').map(({ text }) => text),
      ['b&<c>', ''],
    )
    assert.equal(textOf(root, 'B'), 'b&<c>')
    assert.equal(textOf(root, 'C'), undefined)
  })

  it('is read as it was written, whatever its text', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '&', '<', '"', ']]>', '\n', '\r', '\u00e9', '\u{1f600}'),
    })
    fc.assert(
      fc.property(text, (key) => {
        assert.equal(parseXml(xmlDocument('K', key)).text, key)
      }),
    )
  })

  for (const [what, document] of [
    ['nothing', ''],
    ['text', 'abc'],
    ['an element that does not end', '<A><B></A>'],
    ['an entity of its own', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['an unknown entity', '<a>&b;</a>'],
    ['two roots', '<a/><b/>'],
    ['a depth without sense', '<a>'.repeat(40) + '</a>'.repeat(40)],
  ] as const) {
    it(`that is ${what} is refused`, () => {
      assert.throws(() => parseXml(document), MalformedXml)
    })
  }
})
