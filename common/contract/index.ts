import type { Client, Contract, Handlers } from './rpc.ts'
import { catalogueProcedures } from './procedures/catalogue.ts'
import { checkingProcedures } from './procedures/checking.ts'
import { classProcedures } from './procedures/classes.ts'
import { classifyingProcedures } from './procedures/classifying.ts'
import { detectingProcedures } from './procedures/detecting.ts'
import { engineProcedures } from './procedures/engine.ts'
import { explainingProcedures } from './procedures/explaining.ts'
import { exportingProcedures } from './procedures/exporting.ts'
import { importingProcedures } from './procedures/importing.ts'
import { maskProcedures } from './procedures/masks.ts'
import { photoProcedures } from './procedures/photos.ts'
import { projectProcedures } from './procedures/projects.ts'
import { recentProcedures } from './procedures/recent.ts'
import { reportingProcedures } from './procedures/reporting.ts'
import { reviewingProcedures } from './procedures/reviewing.ts'
import { runningProcedures } from './procedures/running.ts'
import { runtimeProcedures } from './procedures/runtimes.ts'
import { sampleProcedures } from './procedures/sample.ts'
import { scoringProcedures } from './procedures/scoring.ts'

/** Everything that the engine can be asked for, by every host alike. */
export const contract = {
  ...engineProcedures,
  ...runtimeProcedures,
  ...classifyingProcedures,
  ...detectingProcedures,
  ...explainingProcedures,
  ...checkingProcedures,
  ...maskProcedures,
  ...scoringProcedures,
  ...projectProcedures,
  ...importingProcedures,
  ...classProcedures,
  ...runningProcedures,
  ...exportingProcedures,
  ...reportingProcedures,
  ...sampleProcedures,
  ...reviewingProcedures,
  ...photoProcedures,
  ...recentProcedures,
  ...catalogueProcedures,
} satisfies Contract

export type EngineContract = typeof contract
export type EngineClient = Client<EngineContract>
export type EngineHandlers = Handlers<EngineContract>
