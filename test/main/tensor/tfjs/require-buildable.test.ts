import { describe, expect, it } from 'vitest'
import { requireBuildable } from '#main/tensor/tfjs/require-buildable.ts'

type Layer = ReturnType<typeof layer>

/** A layer and the values that each of its calls takes, as `name` or `name:call`. */
function layer(name: string, ...calls: string[]) {
  const inbound = calls.map((from) => {
    const [of = '', call = '0'] = from.split(':')
    return [[of, Number(call), 0, {}]]
  })
  return { class_name: name === 'x' ? 'InputLayer' : 'Activation', name, config: { name }, inbound_nodes: inbound }
}

function model(layers: readonly object[], output = 'a') {
  const config = { name: 'm', layers, input_layers: [['x', 0, 0]], output_layers: [[output, 0, 0]] }
  return { class_name: 'Functional', name: 'm', config }
}

const check = (topology: unknown) => (): void => requireBuildable('m/model.json', topology)

describe('a model that TensorFlow.js would build without end', () => {
  it.each<[string, Layer[], RegExp]>([
    ['layers that wait for each other', [layer('x'), layer('a', 'b'), layer('b', 'a')], /layer a takes a value/],
    ['a layer that waits for itself', [layer('x'), layer('a', 'a')], /layer a takes a value/],
    ['a value of no layer', [layer('x'), layer('a', 'gone')], /layer a takes a value/],
    ['a call that is never made', [layer('x'), layer('a', 'b:1'), layer('b', 'x')], /layer a takes a value/],
    ['calls in another order', [layer('x'), layer('a', 'b', 'x'), layer('b', 'x')], /calls of the layer a are mixed/],
    ['an output of no layer', [layer('x'), layer('b', 'x')], /input or output a is the value of no layer/],
  ])('is refused: %s', (_, layers, says) => {
    const whole = model(layers)
    for (const topology of [whole, { model_config: whole }, sequentialOf(whole), model([layer('x'), whole], 'x')]) {
      expect(check(topology)).toThrow(says)
      expect(check(topology)).toThrow(/^m\/model\.json cannot be loaded: /)
    }
  })

  it('is refused where it does not say how layers are connected', () => {
    expect(check({ class_name: 'Model', config: { layers: [{ class_name: 'Dense', name: 7 }] } })).toThrow(/connected/)
  })

  it('is refused where models are nested without end', () => {
    let nested: object = sequentialOf()
    for (let i = 0; i < 10_000; i++) nested = sequentialOf(nested)
    expect(check(nested)).toThrow(/nested/)
  })
})

it('a model that can be built passes, whatever the order of its layers', () => {
  const shared = [layer('a', 'x', 'b'), layer('b', 'a'), layer('x')]
  expect(check(model(shared))).not.toThrow()
  expect(
    check(model([layer('x'), { ...sequentialOf(), name: 's', inbound_nodes: [[['x', 0, 0]]] }], 's')),
  ).not.toThrow()
  expect(
    check(model([layer('a', 's:1'), { ...sequentialOf(), name: 's', inbound_nodes: [[['x', 0, 0]]] }, layer('x')])),
  ).not.toThrow()
})

function sequentialOf(...layers: object[]): object {
  return { class_name: 'Sequential', config: { name: 's', layers } }
}
