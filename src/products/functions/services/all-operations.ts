import type { FunctionsContext, Operation } from '../vocabulary.ts'
import type { ServicesApi } from './api.ts'
import { accountOperations } from './operations/account.ts'
import { aliasOperations } from './operations/aliases.ts'
import { configOperations } from './operations/configs.ts'
import { customDomainOperations } from './operations/custom-domains.ts'
import { functionOperations } from './operations/functions.ts'
import { instanceOperations } from './operations/instances.ts'
import { invocationOperations } from './operations/invocations.ts'
import { layerOperations } from './operations/layers.ts'
import { serviceOperations } from './operations/services.ts'
import { statefulAsyncOperations } from './operations/stateful-async-invocations.ts'
import { tagOperations } from './operations/tags.ts'
import { triggerOperations } from './operations/triggers.ts'
import { versionOperations } from './operations/versions.ts'

/** What both APIs with services have. */
export const operationsOf = (api: ServicesApi): Operation<FunctionsContext>[] => [
  ...serviceOperations(api),
  ...functionOperations(api),
  ...invocationOperations(api),
  ...statefulAsyncOperations(api),
  ...versionOperations(api),
  ...aliasOperations(api),
  ...triggerOperations(api),
  ...configOperations(api),
  ...instanceOperations(api),
  ...customDomainOperations(api),
  ...layerOperations(api),
  ...tagOperations(api),
  ...accountOperations(api),
]
