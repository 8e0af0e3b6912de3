import { compareContours } from './contour-comparison.ts'
import { serveCalls } from './worker-calls.ts'

serveCalls(self, compareContours)
