/** What a host tells the process of its engine. Some messages bring a port, in whatever way the two are connected. */
export type ToEngine =
  /** a window's link, on the port */
  | { readonly type: 'window' }
  /** a compute process that was asked for runs; the port is its link */
  | { readonly type: 'compute-started'; readonly compute: number; readonly pid: number | null }
  | { readonly type: 'compute-ended'; readonly compute: number; readonly why: string }
  /** end in order: jobs stop after the batch under way, projects are closed */
  | { readonly type: 'stop' }

/** What the process of an engine tells its host. Compute processes are numbered by the engine. */
export type FromEngine =
  | { readonly type: 'ready' }
  | { readonly type: 'start-compute'; readonly compute: number }
  | { readonly type: 'kill-compute'; readonly compute: number }
  /** for the log */
  | { readonly type: 'log'; readonly line: string }

/**
 * Between a host and a child of Node there are no ports: they share one channel, on which the messages of every port
 * bear its number. `port` beside `message` is that of a new one; `data: null` is the goodbye of a port.
 */
export type ChannelMessage<M> =
  | { readonly message: M; readonly port?: number }
  | { readonly port: number; readonly data: unknown }
  | { readonly port: number; readonly isClosed: true }
