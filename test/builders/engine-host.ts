/**
 * An engine of its own that runs a project and tells how far it is, one JSON line each; it is there to be killed.
 * Arguments: the project's path, and the run's spec as JSON.
 */
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import type { Spec } from '../main/engine/run-tools.ts'

const [path = '', spec = ''] = process.argv.slice(2)
const engine = createEngine({ startCompute: startComputeChild, version: 'test', checkOutputs: true })
const client = engine.connect()
const { project } = await client['project.open']({ path, mode: 'write' })
const { job } = await client['run.start']({ project, spec: JSON.parse(spec) as Spec })
await client['job.watch'](
  { project, job },
  {
    onEvent: ({ done }) => {
      process.stdout.write(`${JSON.stringify({ job, done, computePid: engine.computePid ?? null })}\n`)
    },
  },
)
process.stdout.write(`${JSON.stringify({ job, done: null })}\n`)
await engine.dispose()
