/** What measures inside the page: from an event's own time stamp to the first frame after which something is true. */
interface Probe {
  /** Resolves when the next frame was painted, with the time then, ms as `performance.now()`. */
  afterFrame(): Promise<number>
  /** Times between the starts of so many frames, ms; `step` works in each of them. */
  frames(count: number, step?: () => void): Promise<number[]>
  /** Begins to wait for the next event of a type; `isDone` is asked after each frame from then on. */
  arm(type: string, isDone: () => boolean): void
  /** What `arm` measured, ms. */
  measured(): Promise<number>
  /** RGB at a place of the photo's canvas, shares of its size. */
  photoPixel(x: number, y: number): readonly number[]
  /** How far the greys along a row of the photo's canvas lie apart; places as shares of its size. */
  photoContrast(x: number, y: number, width: number): number
  /** Pictures that were asked for and are not there yet. */
  nPending(): number
  /** From event to painted frame of each event of a type until `stop` is called. */
  follow(type: string): { stop(): number[] }
  /** Waits until nothing was asked for, and nothing was on its way, for some frames. */
  quiet(): Promise<void>
  /** Times from sending a call to the next message of the engine, ms; a call by its procedure's name. */
  readonly calls: { readonly name: string; readonly ms: number }[]
}

declare global {
  interface Window {
    readonly probe: Probe
  }
}

/** Runs in the page before anything else; refers to nothing outside itself. */
export function installProbe(): void {
  const patienceMs = 20_000
  let nPending = 0
  let measured: Promise<number> = Promise.reject(new Error('nothing was armed'))
  measured.catch(() => undefined)
  const calls: { name: string; ms: number }[] = []

  const afterFrame = (): Promise<number> =>
    new Promise((resolve) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => {
          port1.close()
          resolve(performance.now())
        }
        port2.postMessage(null)
      })
    })

  const photo = (): CanvasRenderingContext2D =>
    document.querySelector<HTMLCanvasElement>('[role=application] canvas')!.getContext('2d')!

  const probe: Probe = {
    afterFrame,
    frames: (count, step) =>
      new Promise((resolve) => {
        const times: number[] = []
        const onFrame = (at: number): void => {
          times.push(at)
          if (times.length > count) resolve(times.slice(1).map((time, i) => time - times[i]!))
          else {
            step?.()
            requestAnimationFrame(onFrame)
          }
        }
        requestAnimationFrame(onFrame)
      }),
    arm(type, isDone) {
      measured = new Promise((resolve, reject) => {
        const onEvent = async (event: Event): Promise<void> => {
          for (let now = 0; now < event.timeStamp + patienceMs;) {
            now = await afterFrame()
            if (!isDone()) continue
            resolve(now - event.timeStamp)
            return
          }
        }
        window.addEventListener(type, (event) => void onEvent(event), { capture: true, once: true })
        setTimeout(() => reject(new Error(`no ${type} came, or nothing of it`)), patienceMs)
      })
      measured.catch(() => undefined)
    },
    measured: () => measured,
    photoPixel(x, y) {
      const { canvas } = photo()
      return [...photo().getImageData(Math.round(x * canvas.width), Math.round(y * canvas.height), 1, 1).data]
    },
    photoContrast(x, y, width) {
      const { canvas } = photo()
      const count = Math.max(Math.round(width * canvas.width), 1)
      const row = photo().getImageData(Math.round(x * canvas.width), Math.round(y * canvas.height), count, 1).data
      const greys = row.filter((_, i) => i % 4 === 1)
      return Math.max(...greys) - Math.min(...greys)
    },
    nPending: () => nPending,
    follow(type) {
      const found: number[] = []
      const onEvent = ({ timeStamp }: Event): void => void afterFrame().then((at) => found.push(at - timeStamp))
      window.addEventListener(type, onEvent, { capture: true })
      return {
        stop: () => {
          window.removeEventListener(type, onEvent, { capture: true })
          return found
        },
      }
    },
    async quiet() {
      for (let nQuiet = 0; nQuiet < 20;) {
        await afterFrame()
        nQuiet = nPending === 0 ? nQuiet + 1 : 0
      }
    },
    calls,
  }
  Object.defineProperty(window, 'probe', { value: probe })

  const counted = <T>(pending: Promise<T>): Promise<T> => {
    nPending++
    const settle = (): void => {
      nPending--
    }
    pending.then(settle, settle)
    return pending
  }
  // what the page asks for is counted: each is called with its own object all the same
  /* eslint-disable @typescript-eslint/unbound-method */
  const { decode } = HTMLImageElement.prototype
  HTMLImageElement.prototype.decode = function (this: HTMLImageElement) {
    return counted(decode.call(this))
  }
  const { fetch } = window
  window.fetch = (...request) => counted(fetch(...request))

  const { send } = WebSocket.prototype
  WebSocket.prototype.send = function (this: WebSocket, data) {
    const [name] = /[a-z]+\.[a-z]+/.exec(new TextDecoder('latin1').decode(data as ArrayBuffer)) ?? []
    const start = performance.now()
    if (name !== undefined) {
      const answered = new Promise((resolve) => {
        this.addEventListener('message', resolve, { once: true })
        this.addEventListener('close', resolve, { once: true })
      })
      void counted(answered).then(() => calls.push({ name, ms: performance.now() - start }))
    }
    send.call(this, data)
  }
}
