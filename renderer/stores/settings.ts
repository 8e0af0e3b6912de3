import { defineStore } from 'pinia'
import { computed, ref, watch, type WritableComputedRef } from 'vue'
import { z } from 'zod'
import { Variant } from '#common/contract/procedures/common.ts'
import { colourMapNames } from '#common/explanation/colour-map.ts'

const storageKey = 'obalex.settings'
const smallestBrush = 0.5
const largestBrush = 512

/** What a person chose on this machine. A field that does not fit falls back to its default alone. */
const StoredSettings = z.object({
  theme: z.enum(['dark', 'light', 'system']).catch('dark'),
  auditor: z.string().trim().max(200).catch(''),
  /** radius, image pixels */
  brushRadius: z.number().min(smallestBrush).max(largestBrush).catch(14),
  heatMapOpacity: z.number().min(0).max(1).catch(0.55),
  heatMapColours: z.enum(colourMapNames).catch('inferno'),
  heatMapBlend: z.enum(['by-value', 'constant']).catch('by-value'),
  maskOpacity: z.number().min(0).max(1).catch(1),
  maskStyle: z.enum(['outline', 'fill']).catch('outline'),
  /** maps in Explain: as their methods measure, or interpolated; each on its own scale, or one for all */
  mapOpacity: z.number().min(0).max(1).catch(0.8),
  mapDetail: z.enum(['native', 'smooth']).catch('native'),
  mapScale: z.enum(['each', 'shared']).catch('each'),
  mapVariant: Variant.catch('standard'),
  maskRule: Variant.catch('standard'),
  /** methods that Explain shows; null: those that the project has, and the usual ones */
  shownMethods: z.array(z.string().max(64)).max(100).nullable().catch(null),
  /** a right answer with a normalised score below this has doubtful reasons */
  doubtfulBelow: z.number().min(-1).max(1).catch(0.2),
  isRateShown: z.boolean().catch(true),
  /** sizes of panels that a person chose, px, by workspace and panel: `review.queue` */
  panels: z.record(z.string(), z.number().min(0).max(2000)).catch({}),
  areHintsShown: z.boolean().catch(true),
  lastProject: z.string().nullable().catch(null),
})
type StoredSettings = z.output<typeof StoredSettings>

export type Theme = StoredSettings['theme']

/** Settings of this window's person, kept by the browser. */
export const useSettings = defineStore('settings', () => {
  const settings = ref<StoredSettings>(readSettings())
  const darkScheme = globalThis.matchMedia('(prefers-color-scheme: dark)')
  const systemIsDark = ref(darkScheme.matches)
  darkScheme.addEventListener('change', ({ matches }) => (systemIsDark.value = matches))

  watch(settings, (next) => writeSettings(next), { deep: true })

  const resolvedTheme = computed(() => {
    if (settings.value.theme !== 'system') return settings.value.theme
    return systemIsDark.value ? 'dark' : 'light'
  })
  watch(resolvedTheme, (theme) => (document.documentElement.dataset['theme'] = theme), { immediate: true })

  /** A review needs a name; this is what stands for none. */
  const auditorOrDefault = computed(() => settings.value.auditor || 'auditor')

  function set<K extends keyof StoredSettings>(key: K, value: StoredSettings[K]): void {
    settings.value = { ...settings.value, [key]: value }
  }

  function scaleBrush(factor: number): void {
    const next = settings.value.brushRadius * factor
    set('brushRadius', Math.min(Math.max(Math.round(next * 2) / 2, smallestBrush), largestBrush))
  }

  /** One setting, to bind a control to. */
  function field<K extends keyof StoredSettings>(key: K): WritableComputedRef<StoredSettings[K]> {
    return computed({ get: () => settings.value[key], set: (value) => set(key, value) })
  }

  /** The CSS length of a panel, where somebody chose one. */
  function panelSize(panel: string): string | undefined {
    const size = settings.value.panels[panel]
    return size === undefined ? undefined : `${size}px`
  }

  /** @param size px; null: as large as it is by itself */
  function setPanel(panel: string, size: number | null): void {
    const { [panel]: _, ...others } = settings.value.panels
    set('panels', size === null ? others : { ...others, [panel]: size })
  }

  return { settings, resolvedTheme, auditorOrDefault, set, field, panelSize, setPanel, scaleBrush }
})

function readSettings(): StoredSettings {
  const defaults = StoredSettings.parse({})
  try {
    const parsed = StoredSettings.safeParse(JSON.parse(localStorage.getItem(storageKey) ?? '{}'))
    return parsed.success ? parsed.data : defaults
  } catch {
    return defaults // storage that is blocked or damaged costs the settings, not the window
  }
}

function writeSettings(settings: StoredSettings): void {
  try {
    localStorage.setItem(storageKey, JSON.stringify(settings))
  } catch {
    // a browser that keeps nothing: the settings hold until the window closes
  }
}
