import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ApiError } from '../../../wire/api-error.ts'
import { type Processing, processingOf } from './actions.ts'
import { fromBase64, readProcessText } from './process-text.ts'

const base64Url = (text: string): string => Buffer.from(text).toString('base64url')

function processing(text: string): Processing {
  const { wanted } = readProcessText(text)
  assert.ok(wanted.is === 'actions')
  return processingOf(wanted.actions)
}

const refusal = (text: string): string => {
  try {
    processing(text)
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error))
    return `${error.code}: ${error.message}`
  }
  return assert.fail(`${text} was not refused`)
}

describe('the text of x-oss-process', () => {
  it('is actions in their order, or a style, and where the result is kept', () => {
    assert.deepEqual(readProcessText('image/resize,w_10,h_20/format,png|sys/saveas,o_YS9i,b_Yg=='), {
      wanted: {
        is: 'actions',
        actions: [
          {
            name: 'resize',
            values: [
              { key: 'w', value: '10' },
              { key: 'h', value: '20' },
            ],
          },
          { name: 'format', values: [{ key: '', value: 'png' }] },
        ],
      },
      saveAs: { object: 'a/b', bucket: 'b' },
    })
    assert.deepEqual(readProcessText('style/small'), { wanted: { is: 'style', name: 'small' } })
  })

  it('comes back as it was put together', () => {
    const word = fc.stringMatching(/^[a-z-]{1,8}$/)
    const key = fc.stringMatching(/^[a-zA-Z]{1,4}$/)
    const value = fc.stringMatching(/^[A-Za-z0-9_=+-]{1,8}$/)
    const action = fc.record(
      {
        name: word,
        values: fc.array(fc.record({ key, value }, { noNullPrototype: true }), { maxLength: 4 }),
      },
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(
        fc.array(action, { minLength: 1, maxLength: 8 }),
        fc.string({ minLength: 1 }),
        (actions, object) => {
          fc.pre(object.isWellFormed())
          const text = actions
            .map(({ name, values }) => [name, ...values.map((one) => `${one.key}_${one.value}`)].join(','))
            .join('/')
          const read = readProcessText(`image/${text}|sys/saveas,o_${base64Url(object)}`)
          assert.deepEqual(read, { wanted: { is: 'actions', actions }, saveAs: { object } })
        },
      ),
    )
  })

  it('is understood or refused, whatever it is', () => {
    const piece = fc.constantFrom(
      'image/',
      'style/',
      'resize',
      ',',
      '/',
      '|',
      '_',
      'w_1',
      'sys/saveas',
      'o_',
      'watermark',
      'text_',
      'YQ',
      '-1',
      'quality',
      '__proto__',
      'constructor',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (text) => {
          try {
            const { wanted } = readProcessText(text)
            if (wanted.is === 'actions') processingOf(wanted.actions)
          } catch (error) {
            assert.ok(error instanceof ApiError, String(error))
          }
        },
      ),
    )
  })

  it('has Base64 in either alphabet, and nothing else where that is wanted', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        fc.pre(text.isWellFormed())
        assert.equal(fromBase64(base64Url(text)), text)
        assert.equal(fromBase64(Buffer.from(text).toString('base64')), text)
      }),
    )
    for (const bad of ['', 'a', '!!!!', 'YQ==YQ', '_w'])
      assert.throws(() => fromBase64(bad), { code: 'BadRequest', message: 'Input is not base64 decoding.' })
  })
})

describe('actions', () => {
  it('have the defaults of the reference', () => {
    assert.deepEqual(processing('image/resize,w_10').steps, [
      { is: 'resize', mode: 'lfit', limit: true, color: '#ffffff', width: 10 },
    ])
    assert.deepEqual(processing('image/crop,w_10,h_0').steps, [
      { is: 'crop', x: 0, y: 0, gravity: 'nw', width: 10 },
    ])
    const mark = processing(`image/watermark,text_${base64Url('你好 & <b>')}`).steps[0]!
    assert.ok(mark.is === 'watermark')
    const { opacity, gravity, x, y, text } = mark
    assert.deepEqual(
      [opacity, gravity, x, y, text?.text, text?.size, text?.color],
      [100, 'se', 10, 10, '你好 & <b>', 40, '#000000'],
    )
  })

  it('of a watermark name its image, and what is done with that first', () => {
    const image = base64Url('logos/a b.png?x-oss-process=image/resize,P_30/crop,w_5')
    const { steps, overlays } = processing(
      `image/watermark,image_${image},g_nw/watermark,image_${base64Url('other.png')}`,
    )
    assert.deepEqual(overlays, ['logos/a b.png', 'other.png'])
    const [first, second] = steps
    assert.ok(first?.is === 'watermark' && second?.is === 'watermark')
    assert.deepEqual(
      first.image?.steps.map(({ is }) => is),
      ['resize', 'crop'],
    )
    assert.deepEqual([first.image?.overlay, second.image?.overlay], [0, 1])
  })

  it('make no steps of how the result is written', () => {
    const { steps, output, autoOrient } = processing(
      'image/auto-orient,0/quality,Q_70/format,jpeg/interlace,1',
    )
    assert.deepEqual([steps, autoOrient], [[], false])
    assert.deepEqual(output, { format: 'jpg', quality: { relative: false, percent: 70 }, interlaced: true })
  })

  for (const [text, wanted] of [
    ['image/resize,w_0', 'InvalidArgument: The value: 0 of parameter: w is invalid.'],
    ['image/resize,w_16385', 'InvalidArgument: The value: 16385 of parameter: w is invalid.'],
    ['image/resize,w_1,m_abc', 'InvalidArgument: The value: abc of parameter: m is invalid.'],
    [
      'image/quality,image',
      'InvalidArgument: The value: image of parameter: quality is invalid.reason:Value must be digit',
    ],
    [
      'image/rotate,x',
      'InvalidArgument: The value: x of parameter: rotate is invalid.reason:Value must be digit',
    ],
    ['image/rotate,361', 'InvalidArgument: The value: 361 of parameter: rotate is invalid.'],
    ['image/resize,p_0', 'InvalidArgument: The value: 0 of parameter: p is invalid.'],
    ['image/resize,P_10', 'InvalidArgument: The value: 10 of parameter: P is invalid.'],
    ['image/resize', 'MissingArgument: The action resize lacks one of: w, h, l, s, p.'],
    ['image/watermark,g_se', 'MissingArgument: The action watermark lacks one of: text, image.'],
    ['image/watermark,text_!', 'BadRequest: Input is not base64 decoding.'],
    [
      'image/watermark,text_YQ,color_00000t',
      'InvalidArgument: The value: 00000t of parameter: color is invalid.',
    ],
    [
      'image/watermark,text_YQ,size_40000',
      'InvalidArgument: The value: 40000 of parameter: size is invalid.',
    ],
    [
      `image/watermark,text_${base64Url('x'.repeat(65))}`,
      'WatermarkError: The text of the watermark is too long.',
    ],
    ['image/watermark,text_IA', 'WatermarkError: The text of the watermark is empty.'],
    ['image/enlarge,2', 'InvalidArgument: The action : enlarge is not supported.'],
    ['image/constructor', 'InvalidArgument: The action : constructor is not supported.'],
    ['image/info/resize,w_1', 'InvalidArgument: The x-oss-process is invalid.'],
    ['image/', 'InvalidArgument: The x-oss-process is invalid.'],
    ['resize,w_1', 'InvalidArgument: The x-oss-process is invalid.'],
  ] as const)
    it(`${text} is refused`, () => assert.equal(refusal(text), wanted))
})
