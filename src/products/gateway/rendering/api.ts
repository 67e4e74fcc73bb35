/** An API as DescribeApi and DescribeDeployedApi tell of it. */
import type { ApiDefinition } from '../definition/definition.ts'
import type { Document } from '../vocabulary.ts'

export function describedApi(definition: ApiDefinition): Document {
  const { requestConfig, serviceConfig } = definition
  const { FunctionComputeConfig, MockHeaders, Mock, ServiceVpcEnable, ...service } = serviceConfig
  return {
    ApiName: definition.apiName,
    Description: definition.description,
    Visibility: definition.visibility,
    AuthType: definition.authType,
    AllowSignatureMethod: definition.allowSignatureMethods.join(','),
    AppCodeAuthType: definition.appCodeAuthType,
    ForceNonceCheck: definition.forceNonceCheck,
    DisableInternet: definition.disableInternet,
    WebSocketApiType: 'COMMON',
    ResultType: definition.resultType,
    ResultSample: definition.resultSample,
    FailResultSample: definition.failResultSample,
    ResultBodyModel: definition.resultBodyModel,
    RequestConfig: { ...requestConfig },
    ServiceConfig: {
      ...service,
      Mock: Mock ? 'TRUE' : 'FALSE',
      ServiceVpcEnable: ServiceVpcEnable ? 'TRUE' : 'FALSE',
      MockHeaders: { MockHeader: MockHeaders.map((header) => ({ ...header })) },
      ...(FunctionComputeConfig ? { FunctionComputeConfig: { ...FunctionComputeConfig } } : {}),
      ...(serviceConfig.ServiceProtocol === 'FUNCTIONCOMPUTE' ? { ServiceProtocol: 'FunctionCompute' } : {}),
    },
    ...(definition.openIdConnectConfig ? { OpenIdConnectConfig: { ...definition.openIdConnectConfig } } : {}),
    RequestParameters: { RequestParameter: definition.requestParameters.map((each) => ({ ...each })) },
    ServiceParameters: { ServiceParameter: definition.serviceParameters.map((each) => ({ ...each })) },
    ServiceParametersMap: {
      ServiceParameterMap: definition.serviceParametersMap.map((each) => ({ ...each })),
    },
    ConstantParameters: { ConstantParameter: definition.constantParameters.map((each) => ({ ...each })) },
    SystemParameters: { SystemParameter: definition.systemParameters.map((each) => ({ ...each })) },
    ErrorCodeSamples: { ErrorCodeSample: definition.errorCodeSamples.map((each) => ({ ...each })) },
  }
}
