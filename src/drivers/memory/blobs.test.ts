import { blobStoreContract } from '../../ports/blobs.contract.ts'
import { memoryBlobStore } from './blobs.ts'

blobStoreContract('memory', async () => memoryBlobStore())
