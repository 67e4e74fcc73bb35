import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readInstance, travelMinutes } from './instance.ts'

const parameters =
  'meters_per_minute\tpickup service minutes\tdropoff service minutes\ttarget click-to-door\tmaximum click-to-door\tpay per order\tguaranteed pay per hour\n320\t4\t4\t40\t90\t10\t15\n'
const files = {
  'orders.txt': 'order\tx\ty\tplacement_time\trestaurant\tready_time\no1\t10\t20\t700\tr1\t715\n',
  'restaurants.txt': 'restaurant\tx\ty\nr1\t0\t0\n',
  'couriers.txt': 'courier\tx\ty\ton_time\toff_time\r\nc1\t1\t2\t0\t240\r\n\r\n',
  'instance_parameters.txt': parameters,
}

describe('readInstance', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hanshu-mdrp-'))
  })
  after(() => rm(folder, { recursive: true }))

  const readWith = async (name: string, other: Partial<typeof files> = {}) => {
    await mkdir(join(folder, name))
    for (const [file, content] of Object.entries({ ...files, ...other })) {
      await writeFile(join(folder, name, file), content)
    }
    return await readInstance(folder, name)
  }

  it('reads the four tables', async () => {
    const { orders, couriers, restaurants, rules } = await readWith('good')
    assert.deepEqual(
      [...orders.values()],
      [{ id: 'o1', x: 10, y: 20, placedAt: 700, restaurant: 'r1', readyAt: 715 }],
    )
    assert.deepEqual([...couriers.values()], [{ id: 'c1', x: 1, y: 2, onAt: 0, offAt: 240 }])
    assert.deepEqual(restaurants.get('r1'), { x: 0, y: 0 })
    assert.equal(rules.metresPerMinute, 320)
    assert.equal(travelMinutes(rules, { x: 0, y: 0 }, { x: 0, y: 320 }), 1)
    assert.equal(travelMinutes(rules, { x: 0, y: 0 }, { x: 1, y: 320 }), 2)
  })

  it('names the file and the line of what is wrong', async () => {
    await assert.rejects(
      readWith('number', { 'restaurants.txt': 'restaurant\tx\ty\nr1\t0\tnorth\n' }),
      /restaurants.txt:2: y is no number/,
    )
    await assert.rejects(
      readWith('column', { 'restaurants.txt': 'restaurant\tx\nr1\t0\n' }),
      /restaurants.txt:2: no y/,
    )
    await assert.rejects(
      readWith('twice', { 'restaurants.txt': 'restaurant\tx\ty\nr1\t0\t0\nr1\t1\t1\n' }),
      /r1 is there twice/,
    )
    await assert.rejects(
      readWith('nowhere', { 'restaurants.txt': 'restaurant\tx\ty\nr2\t0\t0\n' }),
      /o1 is of no restaurant/,
    )
    await assert.rejects(readWith('empty', { 'instance_parameters.txt': '' }), /empty/)
  })
})
