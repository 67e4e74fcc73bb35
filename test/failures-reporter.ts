import type { TestEvent } from 'node:test/reporters'

/** The tests that failed, a line each: where, what, and the first line of why. Suites fail with their tests. */
// biome-ignore lint/style/noDefaultExport: the test runner takes no other.
export default async function* failures(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type !== 'test:fail' || data.details.type === 'suite') continue
    const { cause = data.details.error } = data.details.error
    const [why = ''] = String(cause instanceof Error ? cause.message : cause).split('\n')
    yield `${data.file ?? ''}:${data.line ?? ''} ${data.name}: ${why}\n`
  }
}
