import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { codeOf, inspect, useEngine, useFolder } from './engine-tools.ts'

const folder = useFolder()
const { engine, client } = useEngine()

it('the sample is made for the window that asks, also while that has it open, and for no other then', async () => {
  const sample = await client['sample.build']({ folder })
  expect(existsSync(`${sample.project}-wal`)).toBe(false)
  const { rows } = await inspect(sample.project)
  expect(rows).toMatchObject({ image: 210 })

  const { project } = await client['project.open']({ path: sample.project, mode: 'write' })
  expect(await client['sample.build']({ folder })).toEqual(sample)
  expect(await client['project.describe']({ project })).toMatchObject({ isWritable: true, nImages: 210 })

  const elsewhere = engine.connect()
  expect(await codeOf(elsewhere['sample.build']({ folder }))).toBe('project.locked')
  await client['project.close']({ project })
  expect(await elsewhere['sample.build']({ folder })).toEqual(sample)
  expect((await inspect(join(folder, 'sample.obalex'))).rows).toMatchObject({ image: 210 })
}, 300_000)
