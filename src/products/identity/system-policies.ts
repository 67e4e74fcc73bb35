/** Policies that the vendor keeps for everyone, under its names. What they allow is the vendor's, for the products there are. */

const allowing = (...actions: string[]): string => policyOf({ Action: actions })

const policyOf = (...statements: object[]): string =>
  JSON.stringify({
    Version: '1',
    Statement: statements.map((statement) => ({ Effect: 'Allow', Resource: '*', ...statement })),
  })

export const systemPolicies: ReadonlyMap<string, string> = new Map([
  ['AdministratorAccess', allowing('*')],
  ['AliyunActionTrailFullAccess', allowing('actiontrail:*')],
  [
    'AliyunActionTrailReadOnlyAccess',
    allowing('actiontrail:Get*', 'actiontrail:Describe*', 'actiontrail:List*', 'actiontrail:Lookup*'),
  ],
  ['AliyunApiGatewayFullAccess', allowing('apigateway:*')],
  ['AliyunApiGatewayReadOnlyAccess', allowing('apigateway:Describe*')],
  [
    'AliyunFCFullAccess',
    policyOf(
      { Action: 'fc:*' },
      { Action: 'ram:PassRole', Condition: { StringEquals: { 'acs:Service': 'fc.aliyuncs.com' } } },
    ),
  ],
  ['AliyunFCInvocationAccess', allowing('fc:InvokeFunction')],
  ['AliyunFCReadOnlyAccess', allowing('fc:Get*', 'fc:List*')],
  ['AliyunMNSFullAccess', allowing('mns:*')],
  ['AliyunMNSReadOnlyAccess', allowing('mns:Get*', 'mns:Query*', 'mns:Desc*', 'mns:List*')],
  ['AliyunOSSFullAccess', allowing('oss:*')],
  ['AliyunOSSReadOnlyAccess', allowing('oss:Get*', 'oss:List*')],
  ['AliyunOTSFullAccess', allowing('ots:*')],
  [
    'AliyunOTSReadOnlyAccess',
    allowing(
      'ots:BatchGet*',
      'ots:Describe*',
      'ots:Get*',
      'ots:List*',
      'ots:Consume*',
      'ots:Search',
      'ots:ComputeSplits',
      'ots:ParallelScan',
      'ots:ComputeSplitPointsBySize',
      'ots:BulkExport',
      'ots:SQL*',
      'ots:Query*',
      'ots:Scan*',
      'ots:SplitTimeseriesScanTask',
    ),
  ],
  [
    'AliyunOTSWriteOnlyAccess',
    allowing(
      'ots:Create*',
      'ots:Update*',
      'ots:BatchWrite*',
      'ots:Delete*',
      'ots:Drop*',
      'ots:Put*',
      'ots:Start*',
      'ots:Commit*',
      'ots:Abort*',
      'ots:Add*',
      'ots:BulkImport',
    ),
  ],
  ['AliyunRAMFullAccess', allowing('ram:*')],
  ['AliyunRAMReadOnlyAccess', allowing('ram:Get*', 'ram:List*')],
  ['AliyunSTSAssumeRoleAccess', allowing('sts:AssumeRole')],
])
