import type { EngineHandlers } from '#common/contract/index.ts'
import type { Handler, StreamProcedure } from '#common/contract/rpc.ts'
import type { OpenProjects } from './open-projects.ts'

type AnyHandler = Handler<StreamProcedure>

/** Wraps handlers so that the project of a call is not closed under it: closing cancels the call and waits for it. */
export function whileOpen<H extends Partial<EngineHandlers>>(projects: OpenProjects, handlers: H): H {
  const wrap = (handler: AnyHandler): AnyHandler => {
    return (input, context) => {
      const { project } = input as { readonly project: number }
      return projects.during(project, context.signal, async (signal) =>
        handler(input, { signal, emit: (event) => context.emit(event) }),
      )
    }
  }
  return Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [name, wrap(handler as AnyHandler)]),
  ) as unknown as H
}
