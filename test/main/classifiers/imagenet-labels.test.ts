import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { imagenetLabels } from '#main/classifiers/imagenet-labels.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'

describe('ImageNet’s labels', () => {
  it('are a thousand, each its own index apart from the two pairs that share a name', () => {
    const labels = imagenetLabels()
    expect(labels).toHaveLength(1000)
    expect(labels.every((label) => label.length > 1)).toBe(true)
    expect(labels[281]).toMatch(/^tabby/)
    expect(new Set(labels).size).toBeGreaterThanOrEqual(998)
  })
})

describeWithData('beside a real classifier of ImageNet', () => {
  it('are in the same order', () => {
    const { labels } = JSON.parse(readFileSync(testData('data/mobilenet-v1-0.25-tfjs/metadata.json'), 'utf8')) as {
      labels: string[]
    }
    const first = (label: string): string => label.split(',')[0]!
    expect(imagenetLabels().map(first)).toEqual(labels.map(first))
  })
})
