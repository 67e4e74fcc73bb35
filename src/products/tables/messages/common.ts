/** Messages that many others hold. Names and numbers are the vendor's; a comment says where only a newer client has a field. */
import { int32, message, optional, required, string } from '../../../lib/protobuf.ts'

export const errorMessage = message({ code: required(1, string), message: optional(2, string) })

export const capacityUnit = message({ read: optional(1, int32), write: optional(2, int32) })

export const consumedCapacity = message({ capacity_unit: required(1, capacityUnit) })

export const nothing = message({})
