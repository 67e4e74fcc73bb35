import assert from 'node:assert/strict'
import { test } from 'node:test'
import { languageOf } from './language.ts'
import { textIn } from './text.ts'
import { ENGLISH } from './text-en.ts'
import { CHINESE } from './text-zh.ts'

const namesIn = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()

test('each sentence asks for the same in both languages, and is written', () => {
  for (const [key, english] of Object.entries(ENGLISH)) {
    const chinese = CHINESE[key as keyof typeof ENGLISH]
    assert.deepEqual(namesIn(chinese), namesIn(english), key)
    assert.equal(chinese === '', english === '', key)
  }
})

test('what is given stands where it belongs, whatever it is', () => {
  const { t } = textIn('en')
  assert.equal(t('menu.less', { dish: '<b>{dish}$&</b>' }), 'One <b>{dish}$&</b> less')
  assert.equal(t('menu.less'), 'One {dish} less')
  assert.equal(t('state.ON_THE_MOON' as 'state.PAID'), 'state.ON_THE_MOON')
})

test('the language is the chosen one, else the first of the browser’s that there is, else English', () => {
  assert.equal(languageOf('zh', ['en-GB']), 'zh')
  assert.equal(languageOf(null, ['fr-FR', 'zh-TW', 'en']), 'zh')
  assert.equal(languageOf('klingon', ['fr']), 'en')
})
