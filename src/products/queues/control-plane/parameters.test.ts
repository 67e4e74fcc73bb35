import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryRecordStore } from '../../../drivers/memory/records.ts'
import { ApiError } from '../../../wire/api-error.ts'
import { endpointWanted, readEndpoint, readEventTypes, readMatchRules } from './event-rules.ts'
import { countedPage } from './pages.ts'
import { tagsOf } from './parameters.ts'
import { deadLettersOfSubscription, rateIn } from './policies.ts'
import { readQueueParameters } from './queues.ts'
import { readTopicSize } from './topics.ts'

const names = [
  ...['QueueName', 'TopicName', 'DlqPolicy', 'DlqPolicy.Enabled', 'DlqPolicy.MaxReceiveCount'],
  ...[
    'TenantRateLimitPolicy',
    'TenantRateLimitPolicy.MaxReceivesPerSecond',
    'Tag',
    'Tag.1.Key',
    'Tag.2.Value',
  ],
  ...['EventTypes', 'MatchRules', 'Endpoint', 'Endpoints', 'Subscription', 'PageNum', 'PageSize'],
  ...['DelaySeconds', 'MaxMessageSize', 'EnableLogging', '__proto__', 'constructor'],
]
const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
const field = fc.constantFrom(
  ...['Enabled', 'DeadLetterTargetQueue', 'MaxReceiveCount', 'MaxReceivesPerSecond', 'EndpointType'],
  ...['EndpointValue', 'MatchState', 'Name', 'Prefix', 'Suffix', 'toString', 'valueOf', '__proto__'],
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(field, tie('value'), { maxKeys: 4 }),
  ),
}))
const text = fc.oneof(
  value.map((any) => JSON.stringify(any)),
  fc.string(),
  fc.constantFrom('true', '1', 'queue'),
)
const parameters = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), text), { maxLength: 6 })
  .map((entries) => new Map(entries))

describe('parameters of the control plane', () => {
  it('are read or refused by name, whatever they are', () => {
    const readers = [
      (given: Map<string, string>) => readQueueParameters(given, 'q'),
      readTopicSize,
      deadLettersOfSubscription,
      rateIn,
      tagsOf,
      readEventTypes,
      readMatchRules,
      readEndpoint,
      endpointWanted,
    ]
    fc.assert(
      fc.property(parameters, fc.constantFrom(...readers), (given, read) => {
        try {
          read(given)
        } catch (error) {
          assert.ok(error instanceof ApiError, String(error))
          assert.ok(error.status < 600)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

describe('a page that is counted', () => {
  it('has, with the others, everything that is wanted once and in order', async () => {
    const records = memoryRecordStore()
    const all = Array.from({ length: 1500 }, (_, index) => index)
    for (const index of all)
      await records.commit([{ put: `within/k${String(index).padStart(4, '0')}`, value: index }])
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 97 }),
        async (size, step) => {
          const wanted = all.filter((index) => index % step === 0)
          const found: number[] = []
          for (let number = 1; ; number++) {
            const given = new Map([
              ['PageNum', String(number)],
              ['PageSize', String(size)],
            ])
            const page = await countedPage<number>(
              records,
              given,
              { within: 'within/' },
              (index) => index % step === 0,
            )
            assert.equal(page.total, wanted.length)
            assert.equal(page.size, Math.min(50, Math.max(10, size)))
            if (page.items.length === 0) break
            found.push(...page.items)
          }
          assert.deepEqual(found, wanted)
        },
      ),
      { numRuns: 15 },
    )
  })
})
