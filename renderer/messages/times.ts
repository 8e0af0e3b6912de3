import { text } from './i18n.ts'

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' })
const dayOfYear = new Intl.DateTimeFormat('en', { year: 'numeric', month: 'short', day: 'numeric' })

/** When something was, local time: `today, 16:42`, `yesterday`, `Nov 12`, with the year where it is another one. */
export function formatDay(at: number, now = Date.now()): string {
  const [then, today] = [new Date(at), new Date(now)]
  const daysAgo = Math.round((startOfDay(today) - startOfDay(then)) / 86_400_000)
  if (daysAgo === 0) return text('home.today', { time: time.format(then) })
  if (daysAgo === 1) return text('home.yesterday')
  return (then.getFullYear() === today.getFullYear() ? day : dayOfYear).format(then)
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}
