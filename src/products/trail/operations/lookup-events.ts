import { notAuthorized } from '../errors.ts'
import { lookUp } from '../lookup.ts'
import { queryIn, tokenOf } from '../query.ts'
import { conditionsOf, type Operation } from '../vocabulary.ts'

export const lookupEvents: Operation = {
  name: 'LookupEvents',

  async handle({ parameters, principal, head, accountId }, { streams, trail, access, region, clock }) {
    const asked = {
      action: 'actiontrail:LookupEvents',
      resource: `acs:actiontrail:${region}:${accountId}:*`,
      conditions: () => conditionsOf(head),
    }
    if (!principal || !access.mayDo(principal, asked)) throw notAuthorized()
    const query = queryIn(parameters, clock.now())
    // Who has been answered finds what was done.
    await trail.settled()
    const { events, next } = await lookUp(streams, query)
    const timeText = (timeMs: number) => `${new Date(timeMs).toISOString().slice(0, 19)}Z`
    return {
      StartTime: timeText(query.fromMs),
      EndTime: timeText(query.toMs),
      Events: events.map((event) => ({ ...event })),
      NextToken: next && tokenOf(next, query.direction),
    }
  },
}
