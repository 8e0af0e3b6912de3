import type { ReportDocument } from '../document.ts'
import { counted, resultsOf, score, settingName, settingsOf } from '../words.ts'
import { histogram } from './chart.ts'
import { html, type Markup } from './markup.ts'

/** One small histogram a result, all to the same scale. */
export function spread(document: ReportDocument): Markup {
  const results = settingsOf(document)
    .flatMap((setting) => resultsOf(document, setting))
    .filter(({ n }) => n > 0)
  const highest = Math.max(0, ...results.map(({ histogram: { counts }, n }) => Math.max(...counts) / n))
  const charts = results.map((result) => {
    const { n, avgObalex, areaShare } = result
    const { counts } = result.histogram
    const name = document.classifiers[result.classifier]!.name
    const method = settingName(document, result)
    const words = `${name}, ${method}: ${counted(n, 'image')}, mean ${score(avgObalex)}, area share ${score(areaShare)}; images in ${counts.length} bins from 0 to 1: ${counts.join(', ')}`
    return html`<figure>
      <figcaption><b>${method}</b><br /><bdi>${name}</bdi>, n = ${n}</figcaption>
      ${histogram(counts, { highest: highest * n, mean: avgObalex, areaShare, words })}
      <div class="ends" aria-hidden="true"><span>0</span><span>ObAlEx</span><span>1</span></div>
    </figure>`
  })
  return html`<p class="note">
      Images in the average by their score, in bins of 0.05; heights are shares of n, to the same scale in all charts.
      Solid line: mean. Dashed line: mean area share.
    </p>
    <div class="spread">${charts}</div>`
}
