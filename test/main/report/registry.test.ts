import { expect, it } from 'vitest'
import { reportFormatOf } from '#main/report/registry.ts'

it('knows formats by the ending of the file, whatever its case, and names those there are', () => {
  expect(reportFormatOf('/a.json/b.HTML').ending).toBe('.html')
  expect(reportFormatOf('b.json').ending).toBe('.json')
  for (const path of ['b', 'b.docx', 'html', 'b.html.txt']) {
    expect(() => reportFormatOf(path)).toThrow(
      expect.objectContaining({
        code: 'request.usage',
        hint: expect.stringContaining('.html or .json') as string,
      }) as Error,
    )
  }
})
