import { answerPreflight } from '../preflight.ts'
import { none, operation } from '../product.ts'

/** The vendor has one name for both: OptionObject. */
export const optionBucket = operation({
  name: 'OptionBucket',
  route: 'OPTIONS /{bucket}',
  body: none,
  grant: 'anyone',
  parameters: 'any',
  handle: ({ path: { bucket }, headers }, { records }) => answerPreflight(records, bucket, headers),
})
