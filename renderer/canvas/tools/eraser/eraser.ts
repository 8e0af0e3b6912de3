import { painterTool } from '../brush/brush.ts'
import { subtracting } from '../brush/sign.ts'

/** Takes from the mask: the brush with its sign turned. */
export const eraser = painterTool('eraser', subtracting)
