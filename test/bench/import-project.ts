import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'

/**
 * A program: imports a dataset through an engine into a new project, `import-project.ts PROJECT FORMAT IMAGES
 * ANNOTATIONS`, and prints how many masks came in, the seconds and processor seconds that it took, and the bytes that
 * the process had resident at its peak.
 */
const [path = '', format = '', images = '', annotations = ''] = process.argv.slice(2)
const log = (line: string): void => void process.stderr.write(`${line}\n`)
const engine = createEngine({ startCompute: startComputeChild, version: 'bench', checkOutputs: false, log })
const client = engine.connect()
const { project } = await client['project.create']({ path })
const [start, startCpu] = [performance.now(), process.cpuUsage()]
const { instances } = await client['dataset.import']({ project, format, images, annotations })
const seconds = (performance.now() - start) / 1000
const { user, system } = process.cpuUsage(startCpu)
const peakBytes = process.resourceUsage().maxRSS * 1024
const cpuSeconds = (user + system) / 1e6
process.stdout.write(JSON.stringify({ masks: instances.new, seconds, cpuSeconds, peakBytes }))
await engine.dispose()
