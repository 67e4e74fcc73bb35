import { streamStoreContract } from '../../ports/streams.contract.ts'
import { memoryStreamStore } from './streams.ts'

streamStoreContract('memory', async () => memoryStreamStore())
