import { functionArn } from './names.ts'

/** The cap on concurrent instances of a function; directory.ts hands it to compute. */
export interface ConcurrencyRecord {
  functionName: string
  reservedConcurrency: number
}

/** The `ConcurrencyConfig` of the API. */
export const concurrencyDocument = (
  { functionName, reservedConcurrency }: ConcurrencyRecord,
  { region, accountId }: { region: string; accountId: string },
) => ({ functionArn: functionArn(region, accountId, functionName), reservedConcurrency })
