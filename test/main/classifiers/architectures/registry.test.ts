import { describe, expect, it } from 'vitest'
import type { AppError } from '#common/contract/errors.ts'
import type { ArchitectureName, ArchitectureRequest } from '#common/contract/procedures/models.ts'
import type { WeightsOf } from '#main/tensor/network-builder.ts'
import { architectureGraph, type Head } from '#main/classifiers/architectures/registry.ts'
import { lazyConstant, sizeOf, type Constant, type Graph } from '#main/tensor/graph.ts'

interface Options {
  readonly side?: number
  readonly alpha?: ArchitectureRequest['alpha']
  readonly head?: Head
}

/** A network of zeros, and how many weights it has. */
function build(name: ArchitectureName, { side = 224, alpha = 1, head = imagenet }: Options = {}) {
  let nWeights = 0
  const zeros: WeightsOf = <Name extends string>(_: string, shapes: Readonly<Record<Name, readonly number[]>>) => {
    const constants = Object.entries<readonly number[]>(shapes).map(([tensor, shape]) => {
      nWeights += sizeOf(shape)
      return [tensor, lazyConstant(shape, () => new Float32Array(sizeOf(shape)))]
    })
    return Object.fromEntries(constants) as Record<Name, Constant>
  }
  const graph = architectureGraph(name, { inputShape: [side, side, 3], alpha, head }, zeros)
  return { graph, nWeights }
}

const imagenet: Head = { kind: 'top', classes: 1000 }
const none: Head = { kind: 'none' }

const shapeOf = (graph: Graph, name: string) => graph.nodes.find((node) => node.name === name)?.shape

describe('networks of keras.applications', () => {
  // the parameters that Keras's own summaries count
  it.each([
    ['vgg16', 1, imagenet, 138_357_544],
    ['vgg16', 1, none, 14_714_688],
    ['resnet50', 1, imagenet, 25_636_712],
    ['resnet50', 1, none, 23_587_712],
    ['mobilenet', 1, imagenet, 4_253_864],
    ['mobilenet', 0.75, imagenet, 2_601_976],
    ['mobilenet', 0.5, imagenet, 1_342_536],
    ['mobilenet', 0.25, imagenet, 475_544],
  ] as const)('%s, alpha %d, %o: as many weights as Keras’s', (name, alpha, head, nWeights) => {
    expect(build(name, { alpha, head }).nWeights).toBe(nWeights)
  })

  it.each([
    ['vgg16', 'block5_conv3', [14, 14, 512], 'predictions'],
    ['resnet50', 'conv5_block3_out', [7, 7, 2048], 'predictions'],
    ['mobilenet', 'conv_pw_13_relu', [7, 7, 1024], 'predictions'],
  ] as const)('%s has its explanation layer and its output under Keras’s names', (name, layer, shape, output) => {
    const { graph } = build(name)
    expect(shapeOf(graph, layer)).toEqual(shape)
    expect(graph.nodes[graph.output]).toMatchObject({ op: 'softmax', name: output, shape: [1000] })
  })

  it('take the head of ObAlEx’s authors', () => {
    const { graph } = build('vgg16', { head: { kind: 'obalex', units: 256, classes: 2 } })
    expect(shapeOf(graph, 'flatten')).toEqual([7 * 7 * 512])
    expect(shapeOf(graph, 'dense_1')).toEqual([256])
    expect(graph.nodes[graph.output]).toMatchObject({ op: 'softmax', name: 'dense_2', shape: [2] })
  })

  it('take photos of other sizes, but none that leave nothing of the feature map', () => {
    expect(shapeOf(build('mobilenet', { side: 161 }).graph, 'conv_pw_13_relu')).toEqual([5, 5, 1024])
    expect(shapeOf(build('resnet50', { side: 33 }).graph, 'conv5_block3_out')).toEqual([2, 2, 2048])
    expect(() => build('vgg16', { side: 16, head: none })).toThrow(
      expect.objectContaining({ code: 'model.format' }) as AppError,
    )
  })
})
