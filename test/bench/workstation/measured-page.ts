import type { Page } from '@playwright/test'
import { largeSize, mark, markColour, stripes } from '../../builders/large-photo.ts'

/** The workstation's page with a probe in it: does what a person does, and says how long it took to be seen, ms. */
export class MeasuredPage {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  /** Presses a key and waits until the page shows what comes of it. @param isDone runs in the page */
  async press<A>(key: string, isDone: (argument: A) => boolean, argument: A): Promise<number> {
    return this.#act('keydown', { isDone, argument }, () => this.page.keyboard.press(key))
  }

  async click<A>(selector: string, isDone: (argument: A) => boolean, argument: A): Promise<number> {
    const target = this.page.locator(selector).first()
    return this.#act('pointerdown', { isDone, argument }, () => target.click())
  }

  /** Goes to a workspace by its key. @param selector of what has to be in sight then */
  async goTo(number: 1 | 2 | 3, selector: string): Promise<number> {
    return this.press(`Control+Alt+${number}`, isShown, selector)
  }

  /** Goes to Review, which opens the first image without a verdict; gives the number in the name of its photo. */
  async openReview(): Promise<number> {
    await this.page.locator('header').getByText('Review', { exact: true }).click()
    await this.page.getByRole('button', { name: /^Save and go to next/ }).waitFor()
    await this.quiet()
    const label = await this.page.getByRole('application').getAttribute('aria-label')
    return Number(/(\d+)\.jpg/.exec(label ?? '')![1])
  }

  /** Waits until nothing is asked for any more. */
  async quiet(): Promise<void> {
    await this.page.evaluate(() => window.probe.quiet())
  }

  /**
   * Goes on to a photo of `writeLargePhotos` by a key, until its mark is seen.
   * @param isSharp until its stripes are seen too, which the coarsest picture does not have
   */
  async goToPhoto(key: string, number: number, { isSharp = false }: { isSharp?: boolean } = {}): Promise<number> {
    const box = (await this.page.getByRole('application').boundingBox())!
    // Fit leaves 12 pixels left and right and 36 above and below
    const scale = Math.min((box.width - 24) / largeSize.width, (box.height - 72) / largeSize.height)
    const at = (x: number, y: number): readonly [number, number] => [
      0.5 + ((x - largeSize.width / 2) * scale) / box.width,
      0.5 + ((y - largeSize.height / 2) * scale) / box.height,
    ]
    return this.press(key, isPhotoShown, {
      colour: [...markColour(number)],
      mark: at(mark.x + mark.width / 2, mark.y + mark.height / 2),
      stripes: isSharp ? at(stripes.x, stripes.y + stripes.height / 2) : null,
      stripesWidth: (stripes.width * scale) / box.width,
    })
  }

  /** Frame times while something happens in every frame. @param step runs in the page */
  async frames(count: number, step?: 'zoom' | 'pan'): Promise<number[]> {
    return this.page.evaluate(
      async ([count, step]) => {
        const canvas = document.querySelector('[role=application]')
        const box = canvas?.getBoundingClientRect()
        let n = 0
        return window.probe.frames(count, () => {
          if (step === null || box === undefined) return
          n++
          const place = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 }
          // to and fro, so that it stays about where it was
          const turn = Math.floor(n / 12) % 2 === 0 ? 1 : -1
          const wheel = step === 'zoom' ? { deltaY: turn * 12, ctrlKey: true } : { deltaX: turn * 14, deltaY: turn * 9 }
          canvas!.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, ...place, ...wheel }))
        })
      },
      [count, step ?? null] as const,
    )
  }

  /** Frame times while a list is scrolled by a notch of the wheel in each frame, which is eight screens a second. */
  async scrollFrames(selector: string, count: number): Promise<number[]> {
    return this.page.evaluate(
      ([selector, count]) => {
        const list = document.querySelector(selector)!
        return window.probe.frames(count, () => list.scrollBy(0, 120))
      },
      [selector, count] as const,
    )
  }

  /** Times from sending a call to its answer since the last time, ms. */
  async takeCalls(name: string): Promise<number[]> {
    return this.page.evaluate((name) => {
      const found = window.probe.calls.filter((call) => call.name === name).map(({ ms }) => ms)
      window.probe.calls.length = 0
      return found
    }, name)
  }

  async #act<A>(
    type: string,
    { isDone, argument }: { isDone: (argument: A) => boolean; argument: A },
    act: () => Promise<void>,
  ): Promise<number> {
    const condition = await this.page.evaluateHandle(`(${isDone.toString()})`)
    await this.page.evaluate(
      ([type, isDone, argument]) => window.probe.arm(type, () => (isDone as (argument: unknown) => boolean)(argument)),
      [type, condition, argument] as const,
    )
    await act()
    return this.page.evaluate(() => window.probe.measured())
  }
}

function isShown(selector: string): boolean {
  const element = document.querySelector<HTMLElement>(selector)
  return element !== null && element.offsetParent !== null
}

function isPhotoShown(expected: {
  colour: number[]
  mark: readonly [number, number]
  stripes: readonly [number, number] | null
  stripesWidth: number
}): boolean {
  const { probe } = window
  const pixel = probe.photoPixel(...expected.mark)
  if (!expected.colour.every((value, i) => Math.abs(value - pixel[i]!) < 18)) return false
  return expected.stripes === null || probe.photoContrast(...expected.stripes, expected.stripesWidth) > 60
}
