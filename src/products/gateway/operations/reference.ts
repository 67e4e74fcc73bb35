import { systemParameterNames } from '../definition/nodes.ts'
import { type Document, ofAll, operation } from '../vocabulary.ts'

export const describeRegions = operation({
  name: 'DescribeRegions',
  resource: ofAll,
  handle: ({ region }): Document => ({
    Regions: {
      Region: [{ RegionId: region, LocalName: region, RegionEndpoint: `apigateway.${region}.aliyuncs.com` }],
    },
  }),
})

const descriptions: Readonly<Record<(typeof systemParameterNames)[number], readonly [string, string]>> = {
  CaClientIp: ['Client IP Address', '192.168.1.1'],
  CaDomain: ['Domain of the request', 'api.example.com'],
  CaRequestHandleTime: ['Time of the request', '2026-01-01T00:00:00.000Z'],
  CaAppId: ['ID of the app', '110000001'],
  CaAppKey: ['Key of the app', '200000001'],
  CaRequestId: ['ID of the request', '0CCDF65E-6050-412D-AD68-FA3D9196836C'],
  CaHttpSchema: ['Protocol of the request', 'http'],
  CaProxy: ['Name of the gateway', 'alibaba.apigateway'],
  CaApiName: ['Name of the API', 'get_user'],
  CaClientUa: ['User-Agent of the client', 'curl/8.0'],
  CaStage: ['Stage of the API', 'RELEASE'],
}

export const describeSystemParameters = operation({
  name: 'DescribeSystemParameters',
  resource: ofAll,
  handle: (): Document => ({
    SystemParams: {
      SystemParamItem: systemParameterNames.map((name) => ({
        ParamName: name,
        ParamType: 'string',
        Description: descriptions[name][0],
        DemoValue: descriptions[name][1],
      })),
    },
  }),
})
