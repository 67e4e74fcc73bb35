import { SearchOverload, SearchTookTooLong } from '../../../ports/search-index.ts'
import { operationTimeout, serverBusy } from '../errors.ts'
import { parallelScanRequest, parallelScanResponse } from '../messages/search.ts'
import { operation } from '../product.ts'
import { scan } from '../search/scan.ts'

export const parallelScan = operation({
  name: 'ParallelScan',
  request: parallelScanRequest,
  response: parallelScanResponse,
  dataPlane: true,

  async handle(request, context) {
    try {
      return await scan(request, context)
    } catch (error) {
      if (error instanceof SearchTookTooLong) throw operationTimeout()
      if (error instanceof SearchOverload) throw serverBusy()
      throw error
    }
  },
})
