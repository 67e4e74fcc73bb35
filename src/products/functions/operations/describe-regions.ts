import { jsonReply, none, operation } from '../vocabulary.ts'

/** A platform is one region. */
export const describeRegions = operation({
  name: 'DescribeRegions',
  route: 'GET /2023-03-30/regions',
  body: none,

  async handle(_, { region }) {
    return jsonReply(200, { Regions: { Region: [{ RegionId: region, LocalName: region }] } })
  },
})
