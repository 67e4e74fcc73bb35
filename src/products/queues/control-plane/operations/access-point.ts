/** The five operations on the public endpoint. */
import type { XmlContent } from '../../../../lib/xml.ts'
import { invalidArgument } from '../../errors.ts'
import { checkKnown, type Parameters, requireParameter } from '../parameters.ts'
import { type ControlPlaneContext, operationWanting } from '../vocabulary.ts'

const endpointOperation = (
  name: string,
  known: readonly string[],
  handle: (parameters: Parameters, context: ControlPlaneContext) => Promise<XmlContent>,
) =>
  operationWanting(
    name,
    () => ({ action: name, path: '*' }),
    (parameters, context) => {
      checkKnown(parameters, ['EndpointType', ...known])
      if (requireParameter(parameters, 'EndpointType') !== 'public')
        throw invalidArgument('The value of EndpointType should be public.')
      return handle(parameters, context)
    },
  )

function cidrsIn(parameters: Parameters): string[] {
  if (requireParameter(parameters, 'AclStrategy') !== 'allow')
    throw invalidArgument('The value of AclStrategy should be allow.')
  return requireParameter(parameters, 'CidrList')
    .split(/[,;]/)
    .map((cidr) => cidr.trim())
}

export const enableEndpoint = endpointOperation('EnableEndpoint', [], async (_, { accessPoint }) => {
  await accessPoint.open(true)
  return undefined
})

export const disableEndpoint = endpointOperation('DisableEndpoint', [], async (_, { accessPoint }) => {
  await accessPoint.open(false)
  return undefined
})

export const getEndpointAttribute = endpointOperation(
  'GetEndpointAttribute',
  [],
  async (_, { accessPoint }) => ({
    EndpointEnabled: accessPoint.state.enabled,
    CidrList: accessPoint.state.allowed.map(({ cidr, createdMs }) => ({
      Cidr: cidr,
      CreateTime: createdMs,
      AclStrategy: 'allow',
    })),
  }),
)

const listed = ['AclStrategy', 'CidrList']

export const authorizeEndpointAcl = endpointOperation(
  'AuthorizeEndpointAcl',
  listed,
  async (parameters, { accessPoint }) => {
    await accessPoint.allow(cidrsIn(parameters))
    return undefined
  },
)

export const revokeEndpointAcl = endpointOperation(
  'RevokeEndpointAcl',
  listed,
  async (parameters, { accessPoint }) => {
    await accessPoint.revoke(cidrsIn(parameters))
    return undefined
  },
)
