import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { describe, expect, it } from 'vitest'
import { addMethodOptions, methodIds, methodOptions } from '#main/cli/method-options.ts'
import { fitOf, modelRequest } from '#main/cli/model-options.ts'
import { listOf } from '#main/cli/option-values.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

async function labelsOf(content: string | Uint8Array): Promise<readonly string[] | undefined> {
  const file = join(temporaryFolder(), 'labels.txt')
  writeFileSync(file, content)
  const { card } = await modelRequest('model.onnx', { labels: file })
  return card?.labels
}

describe('model options', () => {
  it('make a request that says only what was said, with an absolute path', async () => {
    expect(await modelRequest('m/model.json', {})).toEqual({ path: resolve('m/model.json'), card: {}, runtime: 'auto' })
    expect(await modelRequest('/m.onnx', { preprocess: 'tf', size: 96, fit: 'crop', runtime: 'wasm' })).toEqual({
      path: resolve('/m.onnx'),
      card: { preprocess: 'tf', size: 96, fit: 'crop' },
      runtime: 'wasm',
    })
  })

  it('take how photos are fitted as a word or as a short side in pixels', () => {
    expect(['stretch', 'crop', '256'].map(fitOf)).toEqual(['stretch', 'crop', { shortSide: 256 }])
    for (const text of ['', 'centre', '7', '4097', '25.5', '-256', '{"shortSide":256}']) {
      expect(() => fitOf(text), text).toThrow(InvalidArgumentError)
    }
  })

  it('say which network weights belong to', async () => {
    const architectureOf = async (options: Parameters<typeof modelRequest>[1]) =>
      (await modelRequest('w.h5', options)).architecture
    expect(await architectureOf({ architecture: 'vgg16', top: true })).toEqual({ name: 'vgg16', top: true })
    expect(await architectureOf({ architecture: 'mobilenet', alpha: '0.25', top: false })).toEqual({
      name: 'mobilenet',
      alpha: 0.25,
      top: false,
    })
  })

  it.each([[{ alpha: '0.5', top: true }], [{ top: false }], [{ architecture: 'resnet50', alpha: '0.5' } as const]])(
    'refuse %o, which fits no network',
    async (options) => {
      await expect(modelRequest('w.h5', options)).rejects.toMatchObject({ code: 'request.usage' })
    },
  )

  it('read labels from a JSON array or from lines', async () => {
    expect(await labelsOf('["cat", "dog, big"]')).toEqual(['cat', 'dog, big'])
    expect(await labelsOf('cat\ndog, big\n')).toEqual(['cat', 'dog, big'])
    expect(await labelsOf('\uFEFFcat\r\n\r\ndog\r\n\r\n')).toEqual(['cat', '', 'dog'])
  })

  it.each([
    ['no array', '{"0": "cat"}'],
    ['broken JSON', '["cat", '],
    ['other things than names', '[1, 2]'],
    ['no names', '[]'],
    ['bytes that are no text', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)],
  ])('refuse a labels file with %s', async (_, content) => {
    await expect(labelsOf(content)).rejects.toMatchObject({ code: 'model.labels' })
  })

  it('say that a labels file is missing', async () => {
    await expect(modelRequest('m', { labels: '/nowhere/labels.txt' })).rejects.toMatchObject({ code: 'file.missing' })
  })
})

describe('method options', () => {
  it('have a flag for each option of each method, with its default', () => {
    const command = addMethodOptions(new Command().option('--layer <name>', 'of the model'))
    const flags = command.options.map(({ long }) => long)
    expect(flags).toEqual(expect.arrayContaining(['--patch', '--stride', '--fill']))
    expect(flags.filter((flag) => flag === '--layer')).toHaveLength(1)
    expect(command.options.find(({ long }) => long === '--patch')?.description).toContain('(default: 32)')
    expect(methodIds).toEqual(['occlusion', 'lime', 'gradcam', 'gradcam++', 'rise', 'scorecam'])
  })

  it('are those of the method, as text for it to check', () => {
    expect(methodOptions('occlusion', { patch: '64', fill: 'mean', model: 'm' })).toEqual({ patch: '64', fill: 'mean' })
    expect(methodOptions('gradcam', { layer: 'conv' })).toEqual({ layer: 'conv' })
  })

  it('refuse those of other methods, but for shared ones', () => {
    expect(() => methodOptions('gradcam', { stride: '8' })).toThrow(
      expect.objectContaining({ code: 'explainer.options', message: '--stride is no option of gradcam' }) as Error,
    )
    expect(methodOptions('occlusion', { layer: 'conv' }, ['layer'])).toEqual({})
  })

  it('refuse a method that there is not', () => {
    expect(() => methodOptions('magic', {})).toThrow(expect.objectContaining({ code: 'explainer.unknown' }) as Error)
  })
})

describe('a list option', () => {
  it('takes values separated by commas, and more of them', () => {
    expect(listOf('c', listOf('a, b'))).toEqual(['a', 'b', 'c'])
    expect(() => listOf('a,,b')).toThrow('nothing between two commas')
    expect(() => listOf('')).toThrow()
  })
})
