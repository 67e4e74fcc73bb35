import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { xmlDocument } from './xml.ts'
import { childrenOf, MalformedXml, readXml, readXmlBytes, textOf } from './xml-reader.ts'

it('reads elements, text, CDATA, references and what is between them', () => {
  const root = readXml(
    '\ufeff<?xml version="1.0"?>\n<!-- a > b --><m:A xmlns:m="urn:x" b=\'e\' c = "d">' +
      ' <B>1 &lt;&#x4e2d;&#10;<![CDATA[<&>]]></B><B/></m:A>\n',
  )
  assert.equal(root.name, 'A')
  assert.deepEqual(
    root.children.map(({ name, text }) => [name, text]),
    [
      ['B', '1 <中\n<&>'],
      ['B', ''],
    ],
  )
  assert.equal(childrenOf(root, 'B').length, 2)
  assert.equal(textOf(root, 'B'), '1 <中\n<&>')
  assert.equal(textOf(root, 'C'), undefined)
})

for (const document of [
  '',
  'text',
  '<A>',
  '<A></B>',
  '<A><B></A></B>',
  '<A/><A/>',
  '<A/>text',
  '<A>a < b</A>',
  '<A>a & b</A>',
  '<A>&nbsp;</A>',
  '<A>&#0;</A>',
  '<A>&#xD800;</A>',
  '<A b></A>',
  '<A b="<"></A>',
  '<A>\u0001</A>',
  '<A><![CDATA[</A>',
  '<!-- ',
  '<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>',
  '<A>'.repeat(33) + '</A>'.repeat(33),
  `<A>${'<B/>'.repeat(50_000)}</A>`,
]) {
  it(`refuses ${JSON.stringify(document.slice(0, 50))}`, () => {
    assert.throws(() => readXml(document), MalformedXml)
  })
}

it('reads bytes that are UTF-8, and no others', () => {
  assert.equal(readXmlBytes(Buffer.from('\ufeff<A>中</A>')).text, '中')
  assert.throws(() => readXmlBytes(Buffer.from('<A>\xe9</A>', 'latin1')), MalformedXml)
})

it('reads back every text that is written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      fc.pre(!/[\0]/.test(text) && text.isWellFormed())
      assert.equal(readXml(xmlDocument('A', text)).text, text)
    }),
  )
})

it('never fails otherwise than by saying so', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('<A', '>', '</A>', '/>', '&', ';', '#x', ' b="', '"', 'x', '<!--')),
      (parts) => {
        try {
          readXml(parts.join(''))
        } catch (error) {
          assert.ok(error instanceof MalformedXml)
        }
      },
    ),
  )
})
