import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { photo } from './photo.ts'

test('the photo is one that programs for images read', async () => {
  const { format, width, height } = await sharp(photo).metadata()
  assert.deepEqual([format, width, height], ['jpeg', 1, 1])
  await sharp(photo).raw().toBuffer()
})
