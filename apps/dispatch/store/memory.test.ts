import { memoryStore } from './memory.ts'
import { storeContract } from './store.contract.ts'

const store = memoryStore()
storeContract('in memory', () => store)
