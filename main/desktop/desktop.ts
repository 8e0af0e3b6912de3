import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { app, BrowserWindow, protocol, session, type IpcMainEvent, type IpcMainInvokeEvent } from 'electron'
import { contract, type EngineClient } from '#common/contract/index.ts'
import { desktopChannels } from '#common/contract/desktop.ts'
import { portLink } from '#common/contract/links/port.ts'
import { connect } from '#common/contract/rpc.ts'
import { userFolder } from '#main/files/user-folder.ts'
import { plainAnswer, type Answer } from '#main/page/answer.ts'
import { isPicturePath, pictureAnswer } from '#main/page/pictures.ts'
import { staticAnswer } from '#main/page/static-files.ts'
import { forkCompute } from './compute-child.ts'
import { nodeEngine, utilityEngine, type StartEngine } from './engine-child.ts'
import { EngineHost } from './engine-host.ts'
import { engineNode } from './engine-node.ts'
import { logFile } from './log-file.ts'
import { answerScheme, type AppRequest } from './protocol.ts'
import { answerPages } from './requests.ts'
import { lockSession } from './security.ts'
import { readWindowState } from './window-state.ts'
import { Workstation } from './window.ts'

const out = join(__dirname, '..')

/** The desktop program: its windows over one engine. Made once Electron is ready; the first window is opened. */
export class Desktop {
  readonly #host: EngineHost
  readonly #stateFile = join(userFolder(), 'window.json')
  readonly #windows = new Map<number, Workstation>()
  #pictures: Promise<EngineClient> | undefined

  constructor(project: string | null) {
    const log = logFile(join(userFolder(), 'desktop.log'))
    this.#host = new EngineHost({
      startEngine: startEngine(),
      forkCompute: () => forkCompute(join(__dirname, 'compute-process.cjs')),
      onLost: () => this.#isEngineLost(),
      log,
    })
    lockSession(session.defaultSession)
    answerScheme(protocol, (request) => this.#answer(request))
    answerPages({
      windowOf: (event) => this.#windowOf(event),
      connect: () => this.#host.connect(),
      openWindow: () => this.open(null),
    })
    this.open(project)
  }

  /** Opens a window. @param project path of the one to begin with; null: the one of last time */
  open(project: string | null): void {
    const workstation = new Workstation({
      title: app.getName(),
      last: this.#windows.size === 0 ? readWindowState(this.#stateFile) : null,
      project,
      // whoever started the program waits for that
      onShown: () => void process.send?.('shown'),
      onLeft: (state) => writeFileSync(this.#stateFile, JSON.stringify(state)),
    })
    const { id } = workstation.window
    this.#windows.set(id, workstation)
    workstation.window.once('closed', () => this.#windows.delete(id))
  }

  /** Shows a project that the person asked the system to open: where it is open already, else where nothing else is. */
  show(project: string | null): void {
    const windows = [...this.#windows.values()]
    const shown =
      windows.find((window) => window.project === project) ?? windows.find((window) => window.project === null)
    if (project === null) windows[0]?.bringToFront()
    else if (shown) {
      if (shown.project === null) shown.openProject(project)
      shown.bringToFront()
      return
    }
    if (project !== null || windows.length === 0) this.open(project)
  }

  /** Ends the engine in order; afterwards the program may go. */
  stop(): Promise<void> {
    return this.#host.stop()
  }

  #windowOf({ sender }: IpcMainEvent | IpcMainInvokeEvent): Workstation | undefined {
    const window = BrowserWindow.fromWebContents(sender)
    return window === null ? undefined : this.#windows.get(window.id)
  }

  #isEngineLost(): void {
    this.#pictures = undefined
    for (const { window } of this.#windows.values()) window.webContents.send(desktopChannels.engineLost)
  }

  async #answer({ path, known, signal }: AppRequest): Promise<Answer> {
    if (!isPicturePath(path)) return staticAnswer(join(out, 'renderer'), path)
    this.#pictures ??= this.#host.connect().then((port) => connect(contract, portLink(port)))
    const answer = await pictureAnswer(await this.#pictures, path, { known, signal })
    return answer.status === 500 ? plainAnswer(503, 'The engine is not there now.') : answer
  }
}

/** The engine runs in Electron's own Node where that is new enough for its database, else in one beside it. */
function startEngine(): StartEngine {
  const entry = join(out, 'engine/engine-process.mjs')
  const folder = app.getPath('documents')
  const node = engineNode(process.env, process.versions)
  return node === null ? utilityEngine(entry, folder) : nodeEngine(node, entry, folder)
}
