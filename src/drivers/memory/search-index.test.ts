import { searchIndexContract } from '../../ports/search-index.contract.ts'
import { memorySearchIndexes } from './search-index.ts'

searchIndexContract('memory', async () => memorySearchIndexes())
