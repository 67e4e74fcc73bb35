import { answerPreflight } from '../preflight.ts'
import { none, operation } from '../product.ts'

export const optionObject = operation({
  name: 'OptionObject',
  route: 'OPTIONS /{bucket}/{object+}',
  body: none,
  grant: 'anyone',
  parameters: 'any',
  handle: ({ path: { bucket }, headers }, { records }) => answerPreflight(records, bucket, headers),
})
