import { inferno } from '#common/explanation/colour-map.ts'
import type { ReportDocument, ReportExample } from '../document.ts'
import type { Picture, PictureMaker } from '../picture.ts'
import { count, percent, resultsOf, score, settingName, settingsOf } from '../words.ts'
import { meter } from './chart.ts'
import { html, type Markup } from './markup.ts'

const goneWords: Readonly<Record<Exclude<Picture['kind'], 'drawn'>, string>> = {
  missing: 'The photo is not where it was imported from',
  changed: 'The photo has changed since it was explained',
  unreadable: 'The photo cannot be read',
}

/** Draws pictures and counts them. */
export interface Studio {
  readonly pictures: PictureMaker
  /** called before each picture */
  readonly onPicture: () => void
}

/** Lowest and highest scores of every classifier and method, part by part as they are drawn. */
export async function* extremes(document: ReportDocument, studio: Studio): AsyncGenerator<Markup> {
  yield html`<p class="note">
      The lowest and the highest scores among the images in the average. A small object gets a low score from any map:
      compare the bar with its dashed tick, the area share.
    </p>
    ${legend()}`
  for (const setting of settingsOf(document)) {
    for (const result of resultsOf(document, setting).filter(({ n }) => n > 0)) {
      const name = document.classifiers[result.classifier]!.name
      yield html`<h3>${settingName(document, setting)}, <bdi>${name}</bdi></h3>`
      yield html`<h4>Least evidence on the object</h4>
        ${await gallery(document, result.worst, studio)}`
      if (result.best.length === 0) continue
      yield html`<h4>Most evidence on the object</h4>
        ${await gallery(document, result.best, studio)}`
    }
  }
}

/** Images that were classified wrongly, by classifier. */
export async function* errors(document: ReportDocument, studio: Studio): AsyncGenerator<Markup> {
  yield html`<p class="note">
    Wrong answers count in accuracy and are left out of AvgObAlEx. The map explains the class that was predicted; the
    most confident errors come first.
  </p>`
  for (const { name, nImages, nAssumed, nMisclassified, misclassified } of document.classifiers) {
    if (nImages === 0) continue
    if (nAssumed > 0) {
      yield html`<h3><bdi>${name}</bdi>: not known</h3>
        <p class="note">
          Its maps were made elsewhere and came without its answers: all ${count(nAssumed)} images are taken as
          classified correctly.
        </p>`
      continue
    }
    const some = misclassified.length < nMisclassified ? `, ${misclassified.length} shown` : ''
    yield html`<h3><bdi>${name}</bdi>: ${count(nMisclassified)} of ${count(nImages)} images${some}</h3>`
    if (misclassified.length > 0) yield await gallery(document, misclassified, studio)
  }
}

/** What the pictures show. */
function legend(): Markup {
  const stops = Array.from({ length: 9 }, (_, i) => {
    const level = 3 * Math.round((255 * i) / 8)
    return `rgb(${inferno.slice(level, level + 3).join(' ')})`
  })
  return html`<p class="note">
    Heat map: no evidence shows the photo, then<span
      class="ramp"
      role="img"
      aria-label="dark violet to light yellow"
      style="background: linear-gradient(to right, ${stops.join(', ')})"
    ></span
    >up to the map’s own maximum. Outline: the object mask, white and dashed; cyan and solid where a person corrected
    it. A thin frame: what the classifier saw, where that is not the whole photo.
  </p>`
}

async function gallery(document: ReportDocument, examples: readonly ReportExample[], studio: Studio): Promise<Markup> {
  const figures: Markup[] = []
  for (const example of examples) {
    studio.onPicture()
    const method = document.methods.find(({ id }) => id === example.method)?.label ?? example.method
    figures.push(figure(example, await studio.pictures.draw(example.evidence), method))
  }
  return html`<div class="gallery">${figures}</div>`
}

function figure(example: ReportExample, picture: Picture, method: string): Markup {
  const { image, label, predicted, probability, obalex, areaShare, lift, reason, isMaskInForce } = example
  const number =
    obalex === null
      ? gapWords(reason)
      : html`<b>${score(obalex)}</b><br />area share ${score(areaShare)}, lift&nbsp;${score(lift, 2)}`
  return html`<figure>
    ${frame(picture, `${image}: ${method} map over the photo, with the outline of the object`)}
    <figcaption>
      ${obalex === null ? null : meter({ value: obalex, areaShare })} ${number}<br />
      <bdi>${label ?? 'no label'}</bdi>, predicted
      <bdi>${predicted}</bdi> ${probability === null ? null : percent(probability)}
      ${isMaskInForce ? null : html`<br />The mask was changed after this score.`}
      <span class="file"><bdi>${breakable(image)}</bdi></span>
    </figcaption>
  </figure>`
}

function frame(picture: Picture, words: string): Markup {
  if (picture.kind !== 'drawn') return html`<div class="frame gone">${goneWords[picture.kind]}</div>`
  const data = Buffer.from(picture.webp).toString('base64')
  return html`<div class="frame">
    <img
      src="data:image/webp;base64,${data}"
      alt="${words}"
      width="${picture.width}"
      height="${picture.height}"
      decoding="async"
    />
  </div>`
}

/** A file name that may go to the next line where a reader would part it. */
function breakable(name: string): Markup {
  return html`${name.split(/(?<=[/\\_.-])/).map((part, i) => (i === 0 ? part : html`<wbr />${part}`))}`
}

function gapWords(reason: ReportExample['reason']): Markup {
  return html`<b>${reason === 'no-evidence' ? 'no evidence' : 'no mask'}</b>`
}
