import { SearchOverload, SearchTookTooLong } from '../../../ports/search-index.ts'
import { operationTimeout, serverBusy } from '../errors.ts'
import { searchRequest, searchResponse } from '../messages/search.ts'
import { operation } from '../product.ts'
import { search as doSearch } from '../search/search.ts'

export const search = operation({
  name: 'Search',
  request: searchRequest,
  response: searchResponse,
  dataPlane: true,

  async handle(request, context) {
    try {
      return await doSearch(request, context)
    } catch (error) {
      if (error instanceof SearchTookTooLong) throw operationTimeout()
      if (error instanceof SearchOverload) throw serverBusy()
      throw error
    }
  },
})
