/**
 * Who may import whom (docs: CONTRIBUTING.md, "Layers"). Each rule's comment says where the code should go instead.
 * test/layers.test.ts plants one forbidden import a rule and expects it to fire.
 */
module.exports = {
  forbidden: [
    {
      name: 'common-is-pure',
      comment:
        'common/ runs everywhere: no Node, no DOM, no framework. Code that needs those goes to main/ or renderer/.',
      severity: 'error',
      from: { path: '^common/' },
      to: { pathNot: '^common/|(^|/)node_modules/(zod|@stdlib|@msgpack|pure-rand)/' },
    },
    {
      name: 'renderer-via-bridge',
      comment: 'The renderer reaches the engine only through renderer/bridge and the contract in common/contract.',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(main|preload)/' },
    },
    {
      name: 'preload-is-thin',
      comment: 'The preload bridge may take types from common and nothing else of the project.',
      severity: 'error',
      from: { path: '^preload/' },
      to: { path: '^(main|renderer)/' },
    },
    {
      name: 'electron-in-hosts',
      comment: 'Only the desktop host knows Electron; the engine and everything below run in plain Node too.',
      severity: 'error',
      from: { pathNot: '^(main/(index|desktop)|preload)' },
      to: { path: '(^|/)node_modules/electron/' },
    },
    {
      name: 'engine-knows-no-host',
      comment: 'Hosts (desktop, server, cli) start the engine; nothing below may import a host.',
      severity: 'error',
      from: { path: '^main/(?!index|desktop|server|cli)' },
      to: { path: '^main/(index|desktop|server|cli)' },
    },
    {
      name: 'store-and-tensor-at-the-bottom',
      comment:
        'main/project, main/tensor and main/files are used by the others and import only common and each other’s files below.',
      severity: 'error',
      from: { path: '^main/(project|tensor|files)/' },
      to: { path: '^main/(classifiers|detectors|explainers|training|datasets|report|compute|engine)/' },
    },
    {
      name: 'siblings-apart',
      comment:
        'Subjects do not know each other: what two of them need moves down to main/tensor, main/files or common.',
      severity: 'error',
      from: { path: '^main/(classifiers|detectors|explainers|training|datasets|report)/' },
      to: {
        path: '^main/(classifiers|detectors|explainers|training|datasets|report|compute|engine)/',
        pathNot: '^main/$1/',
      },
    },
    {
      name: 'engine-has-no-model-code',
      comment:
        'Models run in the compute process (main/compute). The engine may import its contract and the registries’ descriptions, not runtimes.',
      severity: 'error',
      from: { path: '^main/(engine|cli|server|desktop|project|datasets|report|files)/' },
      to: { path: '(^|/)node_modules/(@tensorflow|onnxruntime-node)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sample-draws-only',
      comment:
        'main/sample draws scenes and writes them: common and main/files are all it needs. What uses them is the engine.',
      severity: 'error',
      from: { path: '^main/sample/' },
      to: { path: '^main/', pathNot: '^main/(sample|files)/' },
    },
    {
      name: 'no-cycle',
      comment: 'A cycle means two files are one subject: merge them or move the shared part down.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'Every import must resolve: relative with .ts inside a subject, #common/… and #main/… across.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@tensorflow/tfjs-node-gpu' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
