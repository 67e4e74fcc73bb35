import { rowStoreContract } from '../../ports/rows.contract.ts'
import { memoryRowStore } from './rows.ts'

rowStoreContract('memory', async () => memoryRowStore())
