import type { Protocol, ProtocolRequest } from 'electron'
import { plainAnswer, securityHeaders, type Answer } from '#main/page/answer.ts'

/** The page's scheme and origin. */
const appScheme = 'app'
export const appOrigin = `${appScheme}://obalex`

/** What the scheme may do: as much as https, so that storage, workers and fetch work. Before Electron is ready. */
export const appPrivileges = {
  scheme: appScheme,
  privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
}

export interface AppRequest {
  /** of the URL, still encoded, beginning with `/` */
  readonly path: string
  /** `If-None-Match` */
  readonly known: string | undefined
  readonly signal: AbortSignal
}

type AnswerRequest = (request: AppRequest) => Promise<Answer>

/** Answers requests of the app scheme; those for another host than ours are refused. */
export function answerScheme(protocol: Protocol, answer: AnswerRequest): void {
  // Electron before 25 has no `handle`
  if ('handle' in protocol) {
    protocol.handle(appScheme, async ({ url, method, headers, signal }) => {
      const known = headers.get('if-none-match') ?? undefined
      const { status, headers: answered, body } = await checked({ url, method, known, signal }, answer)
      const isEmpty = method === 'HEAD' || status === 304
      return new Response(isEmpty ? null : bodyOf(body), { status, headers: answered ?? {} })
    })
  } else registerBuffers(protocol, answer)
}

/** The way of older ones: no signal there, and no streams. */
function registerBuffers(protocol: Protocol, answer: AnswerRequest): void {
  const never = new AbortController().signal
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- all there is before Electron 25
  protocol.registerBufferProtocol(appScheme, ({ url, method, headers }: ProtocolRequest, respond) => {
    const known = headers['If-None-Match'] ?? headers['if-none-match']
    void checked({ url, method, known, signal: never }, answer).then(({ status, headers: answered, body }) => {
      const { 'Content-Type': type, ...others } = answered ?? {}
      const data = Buffer.from(body ?? '')
      respond({
        statusCode: status,
        ...(type === undefined ? {} : { mimeType: type }),
        headers: { ...others, ...(type === undefined ? {} : { 'Content-Type': type }) },
        data,
      })
    })
  })
}

async function checked(
  { url, method, ...request }: Omit<AppRequest, 'path'> & { readonly url: string; readonly method: string },
  answer: AnswerRequest,
): Promise<Answer> {
  const given = await answerUrl(url, method, request, answer)
  return { ...given, headers: { ...securityHeaders(), ...given.headers } }
}

async function answerUrl(
  url: string,
  method: string,
  request: Omit<AppRequest, 'path'>,
  answer: AnswerRequest,
): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return plainAnswer(405, 'Only GET is known.')
  if (!url.startsWith(`${appOrigin}/`)) return plainAnswer(404, 'There is no such host.')
  const path = url.slice(appOrigin.length).replace(/[?#].*$/, '')
  try {
    return await answer({ ...request, path })
  } catch {
    return plainAnswer(500, 'This is a fault of the program; its log says more.')
  }
}

/** Of a plain buffer: the types of responses take no shared ones. */
function bodyOf(body: Uint8Array | string | undefined): Uint8Array<ArrayBuffer> | string {
  return typeof body === 'object' ? new Uint8Array(body) : (body ?? '')
}
