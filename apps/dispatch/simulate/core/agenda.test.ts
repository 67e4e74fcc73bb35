import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAgenda } from './agenda.ts'

test('tasks come by their time, and at the same time in the order in which they were noted', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 60 }), fc.nat(25), (times, nowMs) => {
      const agenda = createAgenda()
      const came: { atMs: number; index: number }[] = []
      times.forEach((atMs, index) => {
        agenda.at(atMs, () => came.push({ atMs, index }))
      })
      for (let due = agenda.due(nowMs); due; due = agenda.due(nowMs)) due.task()
      const expected = times
        .map((atMs, index) => ({ atMs, index }))
        .filter(({ atMs }) => atMs <= nowMs)
        .sort((a, b) => a.atMs - b.atMs || a.index - b.index)
      assert.deepEqual(came, expected)
      assert.equal(agenda.size, times.length - came.length)
      const left = times.filter((atMs) => atMs > nowMs)
      assert.equal(agenda.nextAtMs(), left.length === 0 ? undefined : Math.min(...left))
    }),
  )
})
