import { after } from 'node:test'
import { sandboxContract } from '../../../../ports/sandbox.contract.ts'
import { newPlace } from './harness.ts'

const place = await newPlace()
after(() => place.remove())

sandboxContract(`oci (${place.settings.runtimeName})`, () => place.open(), {
  programsAreProcesses: place.settings.runtimeName !== 'runsc',
})
