import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ObjectChoice } from '#common/classes/object-rule.ts'
import { maskOf, writeCoco, type Photo } from '../../builders/dataset.ts'
import { codeOf, inspect, useEngine, useFolder } from './engine-tools.ts'
import { nFound, setUpObjects } from './object-setting.ts'
import { paintSquare } from './review-tools.ts'
import { allScores, runToEnd } from './run-tools.ts'

const root = useFolder()
const { client } = useEngine()

async function choose(project: number, choice: Partial<ObjectChoice>): Promise<number> {
  const { nRescored } = await client['objects.choose']({ project, choice })
  return nRescored
}

/** Scores in force of all images, by what they are about. */
async function scoresOf(project: number): Promise<Record<string, number | null>> {
  const scores = await allScores(client, project)
  return Object.fromEntries(scores.map(({ image, method, obalex }) => [`${image} ${method}`, obalex] as const))
}

async function standings(project: number, image = 1): Promise<string[]> {
  const { instances } = await client['instances.list']({ project })
  return instances.slice((image - 1) * nFound, image * nFound).map(({ standing }) => standing)
}

const leave = (project: number, leftOut: number[] | null, image = 1) =>
  client['image.object']({ project, image, leftOut, auditor: 'Ada' })

describe('objects.choose', () => {
  it('decides by confidence and size, says so, and brings scores and averages after it', async () => {
    const { project, path } = await setUpObjects(client, root)
    expect(await standings(project)).toEqual(['rule', 'rule', 'other-class'])
    const before = await scoresOf(project)
    const averages = (await client['scores.average']({ project })).rows

    const { matching, nRescored } = await client['objects.choose']({ project, choice: { minConfidence: 0.7 } })
    expect(nRescored).toBe(6)
    expect(matching.objects).toMatchObject({ choice: { minConfidence: 0.7, pick: 'union' }, nByHand: 0 })
    expect(matching.objects.rule).toContain('a confidence of 0.7 or more')
    expect(await standings(project)).toEqual(['rule', 'low-confidence', 'other-class'])
    const sure = await scoresOf(project)
    expect(sure).not.toEqual(before)
    expect((await client['scores.average']({ project })).rows).not.toEqual(averages)

    expect(await choose(project, { minConfidence: 0.3, pick: 'biggest' })).toBe(0)
    expect(await standings(project)).toEqual(['rule', 'not-biggest', 'other-class'])
    expect(await scoresOf(project)).toEqual(sure)

    const { rows } = await inspect(path)
    expect(await choose(project, { minConfidence: 0, pick: 'union' })).toBe(6)
    expect(await scoresOf(project)).toEqual(before)
    // found, not computed again
    expect((await inspect(path)).rows['score']).toBe(rows['score'])
    expect((await client['scores.average']({ project })).rows).toEqual(averages)
  })

  it('stands in the report', async () => {
    const { project, folder } = await setUpObjects(client, root)
    await choose(project, { minConfidence: 0.7, pick: 'biggest' })
    for (const out of [`${folder}/report.html`, `${folder}/report.json`]) {
      await client['report.write']({ project, out })
      expect(readFileSync(out, 'utf8')).toMatch(/confidence of 0\.7 or more.*the one with the largest mask/)
    }
  })

  it('tells of images that have no object any more', async () => {
    const { project } = await setUpObjects(client, root)
    await choose(project, { minConfidence: 0.95 })
    const { rows } = await client['scores.average']({ project })
    expect(rows.map(({ n, avgObalex, excluded }) => [n, avgObalex, excluded.noMask])).toEqual([
      [0, null, 6],
      [0, null, 6],
    ])
  })

  it('puts nothing there again that is in force, and keeps who chose what', async () => {
    const { project, path } = await setUpObjects(client, root)
    await choose(project, { pick: 'biggest' })
    const before = await inspect(path)
    expect(before.audit.at(-1)).toMatchObject({
      actor: 'user',
      action: 'object-rule.assign',
      subject: 'object-rule:1',
      data: { minConfidence: 0, pick: 'biggest', nRescored: 6 },
    })
    expect(await choose(project, { pick: 'biggest' })).toBe(0)
    expect(await inspect(path)).toEqual(before)
  })

  it('keeps nothing where it is stopped half-way', async () => {
    const { project, path } = await setUpObjects(client, root)
    const before = await inspect(path)
    const stop = new AbortController()
    const choosing = client['objects.choose'](
      { project, choice: { pick: 'biggest' } },
      { signal: stop.signal, onEvent: ({ done }) => done > 0 && stop.abort() },
    )
    expect(await codeOf(choosing)).toBe('aborted')
    expect(await inspect(path)).toEqual(before)
  })

  it('goes for the next runs, which find all scores done', async () => {
    const { project, path, spec } = await setUpObjects(client, root)
    await choose(project, { minConfidence: 0.7 })
    const { rows } = await inspect(path)
    await runToEnd(client, project, spec)
    expect((await inspect(path)).rows['score']).toBe(rows['score'])
  })

  it('wins over a run that is under way', async () => {
    const { project, spec } = await setUpObjects(client, root)
    const methods = [{ method: 'occlusion', options: { patch: 4, stride: 2 } }]
    let choosing: Promise<number> | undefined
    await runToEnd(client, project, { ...spec, methods }, () => {
      choosing ??= choose(project, { minConfidence: 0.7 })
    })
    await choosing
    const inForce = (await allScores(client, project)).map(({ image, obalex }) => `${image} ${obalex}`)
    const shown: string[] = []
    for (let image = 1; image <= 6; image++) {
      const { file, maps } = await client['image.read']({ project, image })
      shown.push(...maps.map(({ score }) => `${file} ${score!.obalex}`))
    }
    expect(inForce).toHaveLength(18)
    expect(inForce.sort()).toEqual(shown.sort())
  })

  it('is verified, each score with the masks that were chosen', async () => {
    const { project, path, instances } = await setUpObjects(client, root)
    const place = { project, image: 1, instance: instances(1)[0]! }
    await paintSquare(client, place, 4, 4)
    await client['review.save']({ project, image: 1, verdict: 'minor', reasons: ['hole'], auditor: 'Ada' })
    await choose(project, { minConfidence: 0.7 })
    await leave(project, [instances(2)[0]!], 2)
    await choose(project, { minConfidence: 0.2, pick: 'biggest' })
    await leave(project, [instances(3)[2]!], 3)
    await leave(project, null, 2)
    await client['project.close']({ project })
    const { ok, checked, broken } = await client['project.verify']({ path, recompute: true })
    expect({ ok, broken, scores: checked.scores }).toEqual({ ok: true, broken: null, scores: 12 })
  })

  it('shows the score with the machine mask beside that of a correction', async () => {
    const { project, instances } = await setUpObjects(client, root)
    await paintSquare(client, { project, image: 1, instance: instances(1)[0]! }, 4, 4)
    await client['review.save']({ project, image: 1, verdict: 'minor', reasons: ['hole'], auditor: 'Ada' })
    await choose(project, { minConfidence: 0.7 })
    const { maps } = await client['image.read']({ project, image: 1 })
    expect(maps).toHaveLength(2)
    for (const { score, machineScore } of maps) {
      expect(score!.obalex).not.toBeNull()
      expect(machineScore!.obalex).not.toBe(score!.obalex)
    }
  })
})

describe('image.object', () => {
  it('stands above class, confidence and size, until the image goes by the rule again', async () => {
    const { project, instances } = await setUpObjects(client, root)
    const before = await scoresOf(project)
    await choose(project, { minConfidence: 0.7, pick: 'biggest' })
    const ruled = await scoresOf(project)
    const [a, b, c] = instances(1) as [number, number, number]
    await leave(project, [a])
    expect(await standings(project)).toEqual(['left-out', 'by-hand', 'by-hand'])
    const { object, instances: read } = await client['image.read']({ project, image: 1 })
    expect(object.leftOut).toEqual([a])
    expect(read.map(({ isObject }) => isObject)).toEqual([false, true, true])
    expect(Object.entries(await scoresOf(project)).filter(([key, score]) => ruled[key] !== score)).toHaveLength(2)

    await leave(project, [c])
    const union = await scoresOf(project)
    expect(Object.keys(union).filter((key) => key.startsWith('cats/0'))).toHaveLength(2)
    for (const [key, score] of Object.entries(union)) if (key.startsWith('cats/0')) expect(score).toBe(before[key])

    await leave(project, null)
    expect(await standings(project)).toEqual(['rule', 'low-confidence', 'other-class'])
    expect(await scoresOf(project)).toEqual(ruled)
    expect(b).toBeGreaterThan(a)
  })

  it('leaves an image without an object where all are left out, and says so of it alone', async () => {
    const { project, instances } = await setUpObjects(client, root)
    await leave(project, [...instances(2)], 2)
    const { matching } = await client['objects.choose']({ project, choice: {} })
    expect(matching.objects).toMatchObject({ nByHand: 1 })
    expect(matching.objects.rule).toContain('in 1 image those that were chosen by hand')
    const { rows } = await client['scores.average']({ project })
    expect(rows.map(({ excluded }) => excluded.noMask)).toEqual([1, 1])
  })

  it('keeps who chose what, nothing twice, and refuses masks of another image', async () => {
    const { project, path, instances } = await setUpObjects(client, root)
    await leave(project, [instances(1)[1]!])
    const before = await inspect(path)
    expect(before.audit.at(-1)).toMatchObject({
      actor: 'Ada',
      action: 'image.object',
      subject: 'hand-choice:1',
      data: { image: 1, leftOut: [instances(1)[1]!] },
    })
    await leave(project, [instances(1)[1]!])
    expect(await codeOf(leave(project, [instances(2)[0]!]))).toBe('record.missing')
    expect(await codeOf(leave(project, [], 99))).toBe('record.missing')
    expect(await inspect(path)).toEqual(before)
  })

  it('lets what is drawn afterwards count', async () => {
    const { project, folder, images, photos, instances } = await setUpObjects(client, root)
    await leave(project, [...instances(1)])
    const drawn = ({ width, height }: Photo) => maskOf(width, height, (x, y) => x > 38 && y < 6)
    const annotations = await writeCoco(`${folder}/drawn.json`, [photos[0]!], { maskOf: drawn })
    await client['dataset.import']({ project, format: 'coco', images, annotations, as: 'correction', auditor: 'Ada' })
    const { instances: all } = await client['image.read']({ project, image: 1 })
    expect(all.map(({ isObject }) => isObject)).toEqual([false, false, false, true])
  })

  it('leaves exports as they are', async () => {
    const { project, folder, instances } = await setUpObjects(client, root)
    await leave(project, [...instances(1)])
    await choose(project, { minConfidence: 1 })
    const { instances: exported } = await client['dataset.export']({ project, format: 'coco', out: `${folder}/out` })
    expect(exported).toBe(6 * nFound)
  })
})
