import type { Operation } from '../vocabulary.ts'
import { createApi, deleteApi, describeApi, describeApis, modifyApi } from './apis.ts'
import {
  createAppCode,
  createAppKey,
  deleteAppCode,
  deleteAppKey,
  describeAppSecurities,
  describeAppSecurity,
  resetAppCode,
  resetAppSecret,
} from './app-credentials.ts'
import { createApp, deleteApp, describeApp, describeAppAttributes, describeApps, modifyApp } from './apps.ts'
import {
  describeApisByApp,
  describeAuthorizedApis,
  describeAuthorizedApps,
  removeApisAuthorities,
  removeAppsAuthorities,
  setApisAuthorities,
  setAppsAuthorities,
} from './authorities.ts'
import {
  abolishApi,
  deployApi,
  describeApiHistories,
  describeApiHistory,
  describeDeployedApi,
  describeDeployedApis,
  describeHistoryApis,
  switchApi,
} from './deployments.ts'
import {
  createApiGroup,
  deleteApiGroup,
  describeApiGroup,
  describeApiGroups,
  modifyApiGroup,
} from './groups.ts'
import { notBuilt } from './not-built.ts'

/** Every operation of the API, version 2016-07-14. */
export const operations: readonly Operation[] = [
  createApi,
  deleteApi,
  describeApi,
  describeApis,
  modifyApi,
  createAppCode,
  createAppKey,
  deleteAppCode,
  deleteAppKey,
  describeAppSecurities,
  describeAppSecurity,
  resetAppCode,
  resetAppSecret,
  createApp,
  deleteApp,
  describeApp,
  describeAppAttributes,
  describeApps,
  modifyApp,
  describeApisByApp,
  describeAuthorizedApis,
  describeAuthorizedApps,
  removeApisAuthorities,
  removeAppsAuthorities,
  setApisAuthorities,
  setAppsAuthorities,
  abolishApi,
  deployApi,
  describeApiHistories,
  describeApiHistory,
  describeDeployedApi,
  describeDeployedApis,
  describeHistoryApis,
  switchApi,
  createApiGroup,
  deleteApiGroup,
  describeApiGroup,
  describeApiGroups,
  modifyApiGroup,
  ...notBuilt,
]
