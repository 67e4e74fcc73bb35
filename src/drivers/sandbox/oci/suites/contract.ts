import { after } from 'node:test'
import { sandboxContract } from '../../../../ports/sandbox.contract.ts'
import { newPlace, ownKernel } from './harness.ts'

const place = await newPlace()
after(() => place.remove())

sandboxContract(`oci (${place.settings.runtimeName})`, () => place.open(), {
  programsAreProcesses: !ownKernel,
})
