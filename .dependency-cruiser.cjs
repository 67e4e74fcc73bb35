/** The dependency rule of ARCHITECTURE.md, executable: arrows point down only. */
const testCode = '\\.(test|contract|fixture|testing)\\.ts$'

const looksDownOnly = (room, mayImport) => ({
  name: `${room}-looks-down-only`,
  severity: 'error',
  from: { path: `^src/${room}/`, pathNot: testCode },
  to: { path: '^src/', pathNot: [room, ...mayImport].map((allowed) => `^src/${allowed}/`) },
})

module.exports = {
  forbidden: [
    looksDownOnly('lib', []),
    looksDownOnly('ports', ['lib']),
    looksDownOnly('wire', ['lib']),
    looksDownOnly('drivers', ['ports', 'lib']),
    looksDownOnly('compute', ['ports', 'lib']),
    looksDownOnly('products', ['wire', 'ports', 'lib']),
    looksDownOnly('triggers', ['wire', 'ports', 'lib']),
    looksDownOnly('config', ['lib']),
    looksDownOnly('cli', ['config', 'lib']),
    {
      name: 'applications-are-users-of-the-platform',
      comment: 'They speak to it by the official SDKs, and would run on the cloud.',
      severity: 'error',
      from: { path: '^apps/', pathNot: ['^apps/[^/]+/test/', testCode] },
      to: { path: '^(src|test|bench)/' },
    },
    {
      name: 'the-platform-does-not-know-its-applications',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^apps/' },
    },
    {
      name: 'the-dispatcher-decides-without-input-or-output',
      severity: 'error',
      from: { path: '^apps/dispatch/dispatcher/', pathNot: testCode },
      to: { path: '^(apps|node_modules)/', pathNot: '^apps/dispatch/(dispatcher|model)/' },
    },
    {
      name: 'products-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/products/([^/]+)/' },
      to: { path: '^src/products/', pathNot: '^src/products/$1/' },
    },
    {
      name: 'an-operation-stays-in-its-product',
      comment:
        'An operation file reads like a page of its own product; ports only for their types and errors.',
      severity: 'error',
      from: { path: '^src/products/([^/]+)/operations/', pathNot: testCode },
      to: { path: '^src/', pathNot: ['^src/products/$1/', '^src/ports/', '^src/lib/'] },
    },
    {
      name: 'nobody-imports-main',
      severity: 'error',
      from: { pathNot: '^src/main(/|\\.ts$)' },
      to: { path: '^src/main(/|\\.ts$)' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'only-main-opens-drivers',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/main(/|\\.ts$)', '^src/drivers/', testCode] },
      to: { path: '^src/drivers/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules' },
  },
}
