import { ArchitectureRequest } from '#common/contract/procedures/models.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { RuntimeChooser } from '#main/tensor/choose-runtime.ts'

/**
 * A program: loads a weight file (first argument) as a network (second), runs it once, and prints the bytes that the
 * process had resident at its peak.
 */
const [path = '', name] = process.argv.slice(2)
const chooser = new RuntimeChooser()
const architecture = ArchitectureRequest.parse({ name })
const classifier = await loadClassifier(path, { card: {}, runtime: 'onnx', architecture }, (p) => chooser.choose(p))
const { width, height } = classifier.info.card
await classifier.logits(new Float32Array(width * height * 3), 1)
process.stdout.write(String(process.resourceUsage().maxRSS * 1024))
await classifier.dispose()
