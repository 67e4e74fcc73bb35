import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readXml } from '../../lib/xml-reader.ts'
import { renderNotification, retryDelayMs } from './notification.ts'

const notification = {
  messageId: 'ID',
  body: 'a < b & "中"',
  tag: 'red',
  publishedMs: 1_700_000_000_123,
  topicOwner: '1',
  topicName: 'news',
  subscriber: '2',
  subscriptionName: 's',
}

describe('a notification', () => {
  it('is XML', () => {
    const { contentType, body } = renderNotification(notification, 'XML')
    assert.equal(contentType, 'text/xml;charset=utf-8')
    const root = readXml(body)
    assert.equal(root.name, 'Notification')
    assert.deepEqual(Object.fromEntries(root.children.map(({ name, text }) => [name, text])), {
      TopicOwner: '1',
      TopicName: 'news',
      Subscriber: '2',
      SubscriptionName: 's',
      MessageId: 'ID',
      MessageMD5: '0976D37FD7CD0BCB541057293FE934A7',
      Message: notification.body,
      PublishTime: '1700000000123',
      MessageTag: 'red',
    })
  })
  it('is JSON', () => {
    const { tag: _, ...untagged } = notification
    const { body } = renderNotification(untagged, 'JSON')
    const parsed = JSON.parse(body)
    assert.equal(parsed.Message, notification.body)
    assert.equal(parsed.PublishTime, 1_700_000_000_123)
    assert.ok(!('MessageTag' in parsed))
  })
  it('is the body alone', () => {
    assert.deepEqual(renderNotification(notification, 'SIMPLIFIED'), {
      contentType: 'text/plain;charset=utf-8',
      body: notification.body,
    })
  })
})

describe('what failed is tried again', () => {
  const delays = (strategy: 'BACKOFF_RETRY' | 'EXPONENTIAL_DECAY_RETRY', random: number): number[] => {
    const all: number[] = []
    for (;;) {
      const delayMs = retryDelayMs(strategy, all.length + 1, () => random)
      if (delayMs === undefined) return all
      all.push(delayMs)
    }
  }
  it('three times, 10 to 20 s apart (BACKOFF_RETRY)', () => {
    assert.deepEqual(delays('BACKOFF_RETRY', 0), [10_000, 10_000, 10_000])
    assert.deepEqual(delays('BACKOFF_RETRY', 0.99999), [20_000, 20_000, 20_000])
  })
  it('176 times in a day (EXPONENTIAL_DECAY_RETRY)', () => {
    const all = delays('EXPONENTIAL_DECAY_RETRY', 0.5)
    assert.equal(all.length, 176)
    assert.deepEqual(
      all.slice(0, 10),
      [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((seconds) => seconds * 1000),
    )
    assert.ok(all.slice(9).every((delayMs) => delayMs === 512_000))
    assert.equal(Math.round(all.reduce((sum, delayMs) => sum + delayMs) / 3_600_000), 24)
  })
})
