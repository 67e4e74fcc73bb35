import { TOPICS } from '../keys.ts'
import { pageOf, wantsAttributes } from '../paging.ts'
import { none, operation, xmlReply } from '../product.ts'
import { describeTopic, type TopicRecord } from '../topic.ts'

export const listTopic = operation({
  name: 'ListTopic',
  route: 'GET /topics',
  body: none,

  async handle({ headers }, { records, origin }) {
    const withAttributes = wantsAttributes(headers)
    const { items, nextMarker } = await pageOf<TopicRecord>(records, TOPICS, headers)
    const listed = items.map((record) => ({
      TopicURL: `${origin}/topics/${record.name}`,
      ...(withAttributes ? (describeTopic(record) as object) : {}),
    }))
    return xmlReply(200, 'Topics', { Topic: listed, NextMarker: nextMarker })
  },
})
