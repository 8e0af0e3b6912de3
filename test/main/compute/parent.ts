/** A parent of a compute process that tells its pid and lives until it is killed. */
import { connect } from '#common/contract/rpc.ts'
import { computeContract } from '#main/compute/contract.ts'
import { startComputeChild } from '#main/compute/host.ts'

const child = startComputeChild()
await connect(computeContract, child.link)['runtime.probe']({})
process.send?.(child.pid)
