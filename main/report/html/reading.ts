import type { ReportDocument } from '../document.ts'
import { count, counted, utc } from '../words.ts'
import { html, type Markup } from './markup.ts'

/** What the numbers are. */
export function definition(): Markup {
  return html`<p>
      For a photo, <i>b</i> is the explanation map: how much each place speaks for the predicted class. <i>a</i> is the
      object mask: which share of each place is the object. ObAlEx is the share of the map’s mass that lies on the
      object, and AvgObAlEx its mean over the images that are classified correctly:
    </p>
    <p class="formula">ObAlEx(<i>A</i>, <i>B</i>) = Σ <i>a</i>·<i>b</i> / Σ <i>b</i></p>
    <p>
      Nguyen, Oberföll and Färber: “Right for the Right Reasons: Making Image Classification Intuitively Explainable”,
      ECIR 2021.
    </p>
    <dl class="facts">
      <dt>Area share</dt>
      <dd>
        The share of the picture that is object: the score of a map that prefers no place. It is a reference, not a mark
        to reach.
      </dd>
      <dt>Lift</dt>
      <dd>AvgObAlEx divided by the mean area share.</dd>
      <dt>Left out</dt>
      <dd>
        Misclassified: wrong answers. Without mask: no object mask, or an empty one. Without evidence: the map is empty,
        so that there is no share. Unlabelled: nobody knows whether the answer is right. Each image is counted once.
      </dd>
      <dt>Interval</dt>
      <dd>How far the average would move if other images of the same kind had been taken.</dd>
    </dl>`
}

/** What the numbers do not say. */
export function limits(): Markup {
  return html`<ul class="plain">
    <li>
      A score says where the evidence lies, not whether it is the right evidence within the object: a collar and a face
      count alike.
    </li>
    <li>
      The intervals stand for the choice of images alone. They know nothing of errors in the masks or labels, of the
      options of a method, or of how a classifier would have come out of another training.
    </li>
    <li>
      Intervals that overlap do not show that two averages are equal. Intervals that are apart are a strict sign of a
      difference; among many pairs a few may be apart by chance.
    </li>
    <li>
      Each average is over the images that this classifier gets right, so two classifiers are averaged over images that
      are not quite the same. With fewer than some thirty images a percentile bootstrap interval is a little short.
    </li>
    <li>
      Explanation methods are approximations and need not agree. Occlusion depends on the size and step of its patch;
      Grad-CAM’s grid is coarse, and evidence runs over the edge of small or thin objects. Compare numbers of the same
      method and options only.
    </li>
    <li>
      Large objects get high scores from any map. Area share and lift make that visible; they do not take it away.
    </li>
    <li>A mistake in an object mask is a mistake in the score, and no interval shows it.</li>
  </ul>`
}

/** How the report is tied to the project. */
export function chain({ project, createdBy, createdAt }: ReportDocument): Markup {
  const { entries, headHash } = project.auditLog
  return html`<p>
      The project’s audit log held ${counted(entries, 'entry', 'entries')} when this report was made. Each carries the
      hash of the one before, so the last hash stands for all of them, and for the state that the report shows.
    </p>
    <pre>
project  ${project.id}
entries  ${entries}
head     ${headHash}</pre>
    <p>
      To check it, run <code>obalex verify</code> on the project file: it recomputes the chain. Entry ${count(entries)}
      must carry this hash; entries after it are newer than the report.
    </p>
    <p class="note">
      Project made ${utc(project.createdAt)} by ${project.createdBy}. Report made ${utc(createdAt)} by ${createdBy}.
    </p>`
}
